"""Reads the parameters of an own operation from query forms, json and CBOR into botocore's input shape.

Nothing is dropped: a parameter that the model does not know is refused by name. Types are checked here, required
members and bounds in `checking`. Timestamps come out aware, in UTC.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

import cbor2

from rdsops.lab.endpoint import models
from rdsops.lab.endpoint.checking import code_for_invalid
from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.endpoint.wire import Protocol, Request

Tree: TypeAlias = "dict[str, Tree | str]"


def parameters(request: Request) -> dict[str, Any]:
    """What was asked, in botocore's input shape. Raises AwsError naming the parameter that cannot be read."""
    try:
        return _parameters(request)
    except _NotInModel as unknown:
        text = f"rdsops lab: not in the API model that this lab was built on: {unknown}"
        raise AwsError(code_for_invalid(request.service, request.protocol), text) from unknown


class _NotInModel(Exception):  # noqa: N818 - says what is wrong with the names
    """Names of parameters that the model does not know."""


def _parameters(request: Request) -> dict[str, Any]:
    operation = models.known_operation(request.service, request.operation)
    shape = operation.input_shape
    if request.protocol in (Protocol.QUERY, Protocol.EC2):
        asked = [(name, value) for name, value in request.form if name not in ("Action", "Version")]
        if shape is None:
            _refuse_unknown([name for name, _ in asked])
            return {}
        return _structure(shape, _tree(asked), "")
    said = _cbor(request.body) if request.protocol is Protocol.CBOR else _json(request.body)
    if shape is None:
        return {}
    return _from_json_structure(shape, said, "")


def _tree(form: Sequence[tuple[str, str]]) -> Tree:
    root: Tree = {}
    for name, value in form:
        *way, last = name.split(".")
        node = root
        for step in way:
            below = node.setdefault(step, {})
            if isinstance(below, str):
                below = node[step] = {}
            node = below
        if not isinstance(node.get(last), dict):
            node[last] = value
    return root


def _structure(shape: Any, node: Tree | str, path: str) -> dict[str, Any]:
    if isinstance(node, str):
        if node == "":
            return {}
        raise AwsError("MalformedInput", f"{path} is a structure, not a value")
    names = _wire_names(shape)
    _refuse_unknown([f"{path}{name}" for name in node if name not in names])
    return {names[name][0]: _value(names[name][1], below, f"{path}{name}") for name, below in node.items()}


def _value(shape: Any, node: Tree | str, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, node, path + ".")
    if kind == "list":
        return _list(shape, node, path)
    if kind == "map":
        return _map(shape, node, path)
    if not isinstance(node, str):
        raise AwsError("MalformedInput", f"{path} is one value, not a list or structure")
    return _scalar(kind, node, path)


def _list(shape: Any, node: Tree | str, path: str) -> list[Any]:
    if isinstance(node, str):
        if node == "":
            return []
        raise AwsError("MalformedInput", f"{path} is a list: {path}.member.1, .2 and so on")
    item_name = shape.member.serialization.get("name", "member")
    for word in ("member", item_name):
        inner = node.get(word)
        if isinstance(inner, dict) and len(node) == 1:
            node, path = inner, f"{path}.{word}"
            break
    return [_value(shape.member, below, f"{path}.{index}") for index, below in _numbered(node, path)]


def _map(shape: Any, node: Tree | str, path: str) -> dict[str, Any]:
    if isinstance(node, str):
        if node == "":
            return {}
        raise AwsError("MalformedInput", f"{path} is a map: {path}.entry.1.key and .value")
    inner = node.get("entry")
    entries = inner if isinstance(inner, dict) else node
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    found: dict[str, Any] = {}
    for index, entry in _numbered(entries, path):
        if not isinstance(entry, dict) or key_name not in entry or value_name not in entry:
            raise AwsError("MalformedInput", f"{path}.entry.{index} needs {key_name} and {value_name}")
        key = _value(shape.key, entry[key_name], f"{path}.entry.{index}.{key_name}")
        found[key] = _value(shape.value, entry[value_name], f"{path}.entry.{index}.{value_name}")
    return found


def _numbered(node: Tree, path: str) -> list[tuple[int, Tree | str]]:
    if not all(index.isascii() and index.isdigit() for index in node):
        odd = next(index for index in node if not (index.isascii() and index.isdigit()))
        raise AwsError("MalformedInput", f"{path}.{odd}: a number was expected after {path}")
    return sorted((int(index), below) for index, below in node.items())


@lru_cache(maxsize=4096)
def _wire_names(shape: Any) -> dict[str, tuple[str, Any]]:
    names: dict[str, tuple[str, Any]] = {}
    for name, member in shape.members.items():
        wire = member.serialization.get("name", name)
        if member.type_name == "list" and member.serialization.get("flattened"):
            wire = member.member.serialization.get("name", wire)
        names[wire] = (name, member)
    return names


def _refuse_unknown(names: Sequence[str]) -> None:
    if names:
        raise _NotInModel(", ".join(names))


def _scalar(kind: str, text: str, path: str) -> Any:
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if kind == "timestamp":
            return _timestamp(text)
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (ValueError, KeyError, binascii.Error, OverflowError) as odd:
        raise AwsError("MalformedInput", f"{path}: '{text[:80]}' is no {kind}") from odd
    return text


def _timestamp(said: object) -> datetime:
    """An instant from ISO 8601 or seconds since 1970; aware. Raises ValueError for anything else."""
    if isinstance(said, datetime):
        return said if said.tzinfo is not None else said.replace(tzinfo=UTC)
    if isinstance(said, bool) or not isinstance(said, (int, float, str)):
        raise ValueError(f"{said!r} is no instant")
    if isinstance(said, str):
        try:
            parsed = datetime.fromisoformat(said)
        except ValueError:
            return datetime.fromtimestamp(float(said), UTC)
        return parsed.astimezone(UTC) if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
    return datetime.fromtimestamp(said, UTC)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError as broken:
        raise AwsError("SerializationException", "the body is not JSON") from broken


def _cbor(body: bytes) -> Any:
    try:
        return cbor2.loads(body) if body else {}
    except (cbor2.CBORDecodeError, ValueError, OverflowError) as broken:
        raise AwsError("SerializationException", "the body is not CBOR") from broken


def _from_json_structure(shape: Any, said: Any, path: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise AwsError("SerializationException", f"{path.rstrip('.') or 'the body'} is no object")
    names = _wire_names(shape)
    _refuse_unknown([f"{path}{name}" for name in said if name not in names and name != "__type"])
    return {
        names[name][0]: _from_json(names[name][1], below, f"{path}{name}")
        for name, below in said.items()
        if below is not None and name != "__type"
    }


def _from_json(shape: Any, said: Any, path: str) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _from_json_structure(shape, said, path + ".")
    if kind == "list":
        if not isinstance(said, list):
            raise AwsError("SerializationException", f"{path} is no list")
        return [_from_json(shape.member, below, f"{path}[{n}]") for n, below in enumerate(said)]
    if kind == "map":
        if not isinstance(said, dict):
            raise AwsError("SerializationException", f"{path} is no object")
        return {key: _from_json(shape.value, below, f"{path}.{key}") for key, below in said.items()}
    try:
        return _json_scalar(kind, said)
    except (ValueError, binascii.Error, OverflowError) as odd:
        raise AwsError("SerializationException", f"{path}: a {kind} was expected") from odd


def _json_scalar(kind: str, said: Any) -> Any:
    if kind == "timestamp":
        return _timestamp(said)
    if kind == "blob":
        return said if isinstance(said, bytes) else base64.b64decode(said, validate=True)
    if kind in ("float", "double"):
        if isinstance(said, bool) or (
            not isinstance(said, (int, float)) and said not in ("NaN", "Infinity", "-Infinity")
        ):
            raise ValueError
        return float(said)
    if kind in ("integer", "long"):
        if isinstance(said, bool) or not isinstance(said, (int, float)) or int(said) != said:
            raise ValueError
        return int(said)
    wanted: type = bool if kind == "boolean" else str
    if not isinstance(said, wanted):
        raise ValueError
    return said
