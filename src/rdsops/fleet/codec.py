"""A snapshot as JSON and back: versioned, the same bytes for the same fleet, readable by newer and older releases.

An unseen field is absent, None is null. Fields that this release does not know are skipped.
"""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import msgspec

from rdsops.core.errors import UsageError
from rdsops.core.schema import json_schema
from rdsops.fleet.fleet import SNAPSHOT_VERSION, Fleet

_GZIP = b"\x1f\x8b"
SCHEMA_ID = "https://github.com/rdsops/rdsops/blob/main/docs/reference/fleet.schema.json"

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Fleet)


class _Head(msgspec.Struct):
    version: int


_head_decoder = msgspec.json.Decoder(_Head)


def encode(fleet: Fleet, *, compressed: bool = False) -> bytes:
    """The snapshot's bytes; compressed with gzip when asked. The same fleet gives the same bytes."""
    plain = _encoder.encode(fleet)
    return gzip.compress(plain, compresslevel=3, mtime=0) if compressed else plain


def decode(data: bytes) -> Fleet:
    """The fleet of a snapshot, compressed or not: told by its content, not by its name.

    Raises UsageError when it is no snapshot, a broken one, or one that a newer rdsops wrote in a newer way.
    """
    plain = _plain(data)
    try:
        fleet = _decoder.decode(plain)
    except msgspec.DecodeError as error:
        raise _refusal(plain, str(error)) from None
    except UnicodeDecodeError:
        raise UsageError("the file is not a snapshot: it is not UTF-8", hint=_TAKE_ONE) from None
    if fleet.version > SNAPSHOT_VERSION:
        raise _too_new(fleet.version)
    return fleet


def schema() -> dict[str, Any]:
    """JSON Schema of a snapshot (draft 2020-12). What is required must be there; every other field may be unseen."""
    return json_schema(Fleet, title="rdsops snapshot", identity=SCHEMA_ID)


_TAKE_ONE = "rdsops survey -o fleet.json takes one"


def _plain(data: bytes) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"the snapshot is broken: {error}", hint="take it again, or fetch the whole file") from None


def _refusal(plain: bytes, told: str) -> UsageError:
    """What to tell of bytes that did not decode; a newer version explains more than the field it broke at."""
    try:
        version = _head_decoder.decode(plain).version
    except msgspec.ValidationError:
        return UsageError(f"the file is JSON, but no snapshot: {told}", hint=_TAKE_ONE)
    except msgspec.DecodeError:
        return UsageError(f"the file is not a snapshot: {told}", hint=_TAKE_ONE)
    if version > SNAPSHOT_VERSION:
        return _too_new(version)
    return UsageError(f"the snapshot is broken: {told}", hint="take it again, or fetch the whole file")


def _too_new(version: int) -> UsageError:
    return UsageError(
        f"the snapshot is of version {version}, and this rdsops reads up to {SNAPSHOT_VERSION}",
        hint="read it with the rdsops that took it, or a newer one",
    )
