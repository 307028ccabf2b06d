"""Where a lab lives, who holds it, and which processes its ledger calls its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rdsops.core.errors import UsageError
from rdsops.lab.home import LabBusy, LabHome, lab_home, lab_names
from rdsops.lab.processes import Entry, Ledger, Process, clean, end, from_ps, ours, process, wait_until

DATA = "/var/lib/rdsops/lab/default/engines/1a2b3c4d/orders-1/data"
SERVER = Entry(what="postgres orders-1", program="postgres", mark=DATA, title="postgres: orders-1.1a2b3c4d:")


@pytest.fixture
def home(tmp_path: Path) -> LabHome:
    """Under root pytest's own directories are closed to other accounts, which a home must not be."""
    for one in (tmp_path, *tmp_path.parents):
        if one.stat().st_uid == os.geteuid() and not one.stat().st_mode & 0o001:
            one.chmod(one.stat().st_mode | 0o001)
    return lab_home({"RDSOPS_LAB_HOME": str(tmp_path / "labs"), "RDSOPS_LAB_CACHE": str(tmp_path / "cache")})


def test_two_names_are_two_homes() -> None:
    said = {"RDSOPS_LAB_HOME": "/srv/labs", "RDSOPS_LAB_CACHE": "/srv/cache"}
    assert lab_home(said, "one").path != lab_home(said, "two").path
    assert lab_home(said, "one").cache == lab_home(said, "two").cache


@pytest.mark.parametrize("name", ["", "..", "a/b", "Lab", "-x", "x" * 33])
def test_a_name_that_could_leave_its_place_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        lab_home({"RDSOPS_LAB_HOME": "/srv/labs"}, name)


def test_a_second_holder_is_told_who_holds_the_lab(home: LabHome) -> None:
    with home.lock():
        with pytest.raises(LabBusy, match=str(os.getpid())), home.lock():
            pass
        assert home.holder() == os.getpid()
    assert home.holder() is None
    with home.lock():
        pass


def test_the_lock_falls_with_a_killed_holder(home: LabHome) -> None:
    code = (
        "import sys, pathlib; from rdsops.lab.home import LabHome\n"
        "with LabHome(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])).lock():\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(home.path), str(home.cache)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert home.holder() == holder.pid
        holder.kill()
    assert home.holder() is None


def test_labs_that_were_started_are_listed_by_name(home: LabHome) -> None:
    said = {"RDSOPS_LAB_HOME": str(home.path.parent)}
    assert lab_names(said) == ()
    with home.lock():
        assert lab_names(said) == ("default",)


def test_a_torn_last_line_of_the_ledger_does_not_hide_the_others(home: LabHome) -> None:
    home.prepare()
    ledger = Ledger(home.ledger_path)
    ledger.starting(SERVER)
    with home.ledger_path.open("a") as file:
        file.write('{"what": "postgres ord')
    assert ledger.entries() == (SERVER,)


def test_a_recorded_process_is_ours_with_all_that_it_started() -> None:
    entry = Entry(what="x", program="postgres", mark=DATA, pid=10, started="777")
    table = (
        Process(1, 0, "1", "/sbin/init"),
        Process(10, 1, "777", f"/opt/pg/bin/postgres -D {DATA}"),
        Process(11, 10, "778", "postgres: checkpointer"),
        Process(12, 11, "779", "sh -c true"),
        Process(13, 1, "780", "postgres: checkpointer"),
    )
    assert [one.pid for one in ours([entry], table)] == [10, 11, 12]


def test_a_process_that_reuses_the_pid_is_not_ours() -> None:
    entry = Entry(what="x", program="postgres", mark=DATA, pid=10, started="777")
    assert ours([entry], [Process(10, 1, "778", f"/opt/pg/bin/postgres -D {DATA}")]) == ()
    assert ours([entry], [Process(10, 1, "777", "/usr/bin/vim notes.txt")]) == ()


@pytest.mark.parametrize(
    "command",
    [
        f"tail -f {DATA}",
        f"/opt/pg/bin/postgres -D {DATA}-old",
        f"/opt/pg/bin/postgres -D /srv{DATA}",
        "postgres: orders-1.99999999: checkpointer",
        "postgres: checkpointer",
    ],
)
def test_a_stranger_that_resembles_ours_is_left_alone(command: str) -> None:
    assert ours([SERVER], [Process(10, 1, "777", command)]) == ()


@pytest.mark.parametrize("command", [f"/opt/pg/bin/postgres -D {DATA}", "postgres: orders-1.1a2b3c4d: walwriter "])
def test_a_server_killed_before_its_pid_was_written_and_its_orphans_are_found_by_their_mark(command: str) -> None:
    assert [one.pid for one in ours([SERVER], [Process(10, 1, "777", command)])] == [10]


def test_this_process_never_ends_itself() -> None:
    mine = Process(os.getpid(), 1, "777", f"/opt/pg/bin/postgres -D {DATA}")
    assert ours([SERVER], [mine]) == ()


def test_the_table_of_ps_agrees_with_ours_about_this_process() -> None:
    mine = process(os.getpid())
    listed = {one.pid: one for one in from_ps()}
    assert mine is not None
    assert listed[os.getpid()].parent == mine.parent == os.getppid()
    assert listed[os.getpid()].command == mine.command


def test_ending_a_frozen_process_leaves_a_stranger_with_the_same_program(tmp_path: Path) -> None:
    mark, other = str(tmp_path / "mine"), str(tmp_path / "other")
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    program = Path(sys.executable).name
    with (
        subprocess.Popen([sys.executable, "-c", code, mark], stdout=subprocess.PIPE) as mine,
        subprocess.Popen([sys.executable, "-c", code, other], stdout=subprocess.PIPE) as stranger,
    ):
        for one in (mine, stranger):
            assert one.stdout is not None
            assert one.stdout.readline() == b"up\n"
        mine.send_signal(signal.SIGSTOP)
        ended = end([Entry(what="test", program=program, mark=mark)], within_s=0.2)
        assert [one.pid for one in ended] == [mine.pid]
        assert mine.wait(5) == -9
        assert stranger.poll() is None
        stranger.kill()


def test_cleaning_a_home_that_never_was_does_nothing(tmp_path: Path) -> None:
    home = LabHome(path=tmp_path / "none", cache=tmp_path / "cache")
    assert clean(home).ended == ()
    assert not home.path.exists()


def test_cleaning_refuses_while_the_lab_is_up(home: LabHome) -> None:
    with home.lock():
        (home.engines_dir / "x").mkdir()
        with pytest.raises(LabBusy):
            clean(home)
        assert (home.engines_dir / "x").exists()


def test_cleaning_frees_the_disk_and_may_be_repeated(home: LabHome) -> None:
    home.prepare()
    (home.engines_dir / "x").mkdir()
    (home.engines_dir / "x" / "file").write_bytes(b"x" * 100_000)
    assert clean(home).freed_bytes >= 100_000
    assert not home.engines_dir.joinpath("x").exists()
    assert clean(home).freed_bytes == 0


def test_waiting_ends_at_its_deadline() -> None:
    assert not wait_until(lambda: False, within_s=0.05)
    assert wait_until(lambda: True, within_s=0)
