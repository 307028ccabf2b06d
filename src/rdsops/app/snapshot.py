"""Snapshots in files. Nothing of AWS is imported to read one."""

from __future__ import annotations

from pathlib import Path

from rdsops.core.errors import UsageError
from rdsops.fleet.codec import decode
from rdsops.fleet.fleet import Fleet


def read_snapshot(path: Path) -> Fleet:
    """A snapshot from a file. Raises UsageError when there is none, or it is not one."""
    try:
        return decode(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(f"there is no snapshot '{path}'", hint="rdsops survey -o fleet.json takes one") from None
    except OSError as error:
        raise UsageError(f"snapshot '{path}': {error.strerror}") from None
