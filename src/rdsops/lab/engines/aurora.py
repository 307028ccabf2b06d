"""Keeps an emulated Aurora cluster's topology fresh: its writer publishes the members once a second for the readers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

import psycopg

from rdsops.lab.engines.postgres import Connection, admin_connection
from rdsops.lab.engines.spec import EngineSpec, Running

PERIOD_S = 1.0


class Topology:
    """Of one cluster. `writer` tells who writes now; it is asked anew after each lost connection."""

    def __init__(self, writer: Callable[[], Running]) -> None:
        self._writer = writer
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aurora-topology", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=3)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                writer = self._writer()
                with ExitStack() as opened:
                    doors = [opened.enter_context(admin_connection(writer, name)) for name in databases(writer.spec)]
                    while not self._stopping.is_set():
                        for door in doors:
                            publish(door)
                        self._stopping.wait(PERIOD_S)
            except psycopg.Error:  # the writer is gone, frozen or demoted: readers keep the last rows, which age
                self._stopping.wait(PERIOD_S)


def databases(spec: EngineSpec) -> tuple[str, ...]:
    """Where Aurora's functions are: a catalog is per database, and clients ask from the first they come to."""
    return ("postgres",) if spec.database == "postgres" else ("postgres", spec.database)


def publish(connection: Connection) -> None:
    """Once, in one database. The connection is the lab superuser's, on the writer."""
    connection.execute("SELECT rdsops_lab_publish()")
