"""Writes the answers of own operations: query XML, json and CBOR, by closures compiled from botocore's model.

A None is left out, as AWS leaves out what is not set. A member that the model does not know, or a value of the wrong
type, is a defect of ours and raises `BadAnswer`: it is never written in hope.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeAlias

import cbor2
import msgspec

from rdsops.lab.endpoint import models
from rdsops.lab.endpoint.wire import Protocol

CONTENT_TYPES: dict[Protocol, str] = {
    Protocol.QUERY: "text/xml",
    Protocol.EC2: "text/xml;charset=UTF-8",
    Protocol.JSON: "application/x-amz-json-1.1",
    Protocol.REST_JSON: "application/json",
    Protocol.REST_XML: "application/xml",
    Protocol.CBOR: "application/cbor",
}

WriteXml: TypeAlias = Callable[[Any, "list[str]"], None]
Convert: TypeAlias = Callable[[Any], Any]


class BadAnswer(Exception):  # noqa: N818 - says what it is
    """An own operation answered with something that the API model has no place for."""


def answer_body(service: str, operation: str, protocol: Protocol, result: dict[str, Any], request_id: str) -> bytes:
    """The body of a successful answer. Raises BadAnswer, naming the operation and the member."""
    try:
        if protocol is Protocol.QUERY:
            return _query_writer(service, operation)(result, request_id)
        if protocol is Protocol.JSON:
            return msgspec.json.encode(_converter(service, operation, "json")(result))
        if protocol is Protocol.CBOR:
            return cbor2.dumps(_converter(service, operation, "cbor")(result))
    except BadAnswer as bad:
        raise BadAnswer(f"{service}:{operation}: {bad}") from bad
    raise BadAnswer(f"{service}:{operation}: own operations are not written in {protocol.value}")


def can_write(service: str) -> bool:
    """Whether an own service of this name can be answered in at least one protocol that its clients speak."""
    return any(protocol.value in models.protocols(service) for protocol in (Protocol.QUERY, Protocol.JSON))


# -- XML


@cache
def _query_writer(service: str, operation: str) -> Callable[[dict[str, Any], str], bytes]:
    model = models.known_operation(service, operation)
    namespace = model.service_model.metadata.get("xmlNamespace", "")
    shape = model.output_shape
    wrapper = shape.serialization.get("resultWrapper", f"{operation}Result") if shape is not None else None
    write = XmlShapes().inside(shape) if shape is not None else None
    head = f'<{operation}Response xmlns="{namespace}">'
    tail = f"</{operation}Response>"

    def written(result: dict[str, Any], request_id: str) -> bytes:
        out = [head]
        if write is not None:
            out.append(f"<{wrapper}>")
            write(result, out)
            out.append(f"</{wrapper}>")
        elif result:
            raise BadAnswer(f"it answers nothing, yet was given {sorted(result)}")
        out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>{tail}")
        return "".join(out).encode()

    return written


class XmlShapes:
    """Compiles shapes to XML writers, each structure once."""

    def __init__(self) -> None:
        self._structures: dict[str, WriteXml] = {}

    def inside(self, shape: Any) -> WriteXml:
        """What writes the members of a structure, without a tag of its own."""
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, WriteXml] = {}

        def write(value: Any, out: list[str]) -> None:
            for name, item in _items(value, shape.name):
                if item is not None:
                    writer = members.get(name)
                    if writer is None:
                        raise BadAnswer(f"{shape.name} has no member {name}")
                    writer(item, out)

        known = self._structures[shape.name] = _one_member(shape, write) if shape.is_tagged_union else write
        for name, member in shape.members.items():
            members[name] = self._tagged(member, member.serialization.get("name", name))
        return known

    def _tagged(self, shape: Any, tag: str) -> WriteXml:
        """What writes one value between its tags."""
        if shape.type_name == "structure":
            return _between(tag, self.inside(shape))
        if shape.type_name == "list":
            return self._list(shape, tag)
        if shape.type_name == "map":
            return self._map(shape, tag)
        return _scalar_xml(shape, tag)

    def _list(self, shape: Any, tag: str) -> WriteXml:
        flat = bool(shape.serialization.get("flattened"))
        item_tag = shape.member.serialization.get("name", tag if flat else "member")
        item = self._tagged(shape.member, item_tag)

        def items(value: Any, out: list[str]) -> None:
            if not isinstance(value, (list, tuple)):
                raise BadAnswer(f"{tag} is a list, not a {type(value).__name__}")
            for each in value:
                item(each, out)

        return items if flat else _between(tag, items)

    def _map(self, shape: Any, tag: str) -> WriteXml:
        flat = bool(shape.serialization.get("flattened"))
        key = self._tagged(shape.key, shape.key.serialization.get("name", "key"))
        item = self._tagged(shape.value, shape.value.serialization.get("name", "value"))
        entry = tag if flat else "entry"

        def entries(value: Any, out: list[str]) -> None:
            for name, each in _items(value, tag):
                out.append(f"<{entry}>")
                key(name, out)
                item(each, out)
                out.append(f"</{entry}>")

        return entries if flat else _between(tag, entries)


def _one_member(shape: Any, write: WriteXml) -> WriteXml:
    def write_union(value: Any, out: list[str]) -> None:
        _refuse_odd_union(value, shape.name)
        write(value, out)

    return write_union


def _refuse_odd_union(value: Any, name: str) -> None:
    if sum(item is not None for _, item in _items(value, name)) != 1:
        raise BadAnswer(f"{name} holds one member, no more and no less")


def _between(tag: str, inside: WriteXml) -> WriteXml:
    head, tail = f"<{tag}>", f"</{tag}>"

    def write(value: Any, out: list[str]) -> None:
        out.append(head)
        inside(value, out)
        out.append(tail)

    return write


def _scalar_xml(shape: Any, tag: str) -> WriteXml:
    head, tail = f"<{tag}>", f"</{tag}>"
    text = _XML_TEXT[shape.type_name](shape)

    def write(value: Any, out: list[str]) -> None:
        try:
            out.append(head + text(value) + tail)
        except (TypeError, AttributeError, ValueError) as bad:
            raise BadAnswer(f"{tag}: {value!r} is no {shape.type_name}") from bad

    return write


_ODD = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}


def escaped(text: str) -> str:
    """Text for an XML element; characters that XML cannot carry become U+FFFD.

    >>> escaped("a < b & c")
    'a &lt; b &amp; c'
    """
    return _ODD.sub(lambda found: _ENTITIES.get(found[0], "\ufffd"), text)


def _xml_integer(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return str(value)


def _xml_float(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return repr(float(value))


def _xml_boolean(value: Any) -> str:
    if value is True:
        return "true"
    if value is False:
        return "false"
    raise TypeError


def _xml_timestamp(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError
    at = value if value.tzinfo is UTC else value.astimezone(UTC)
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


def _xml_blob(value: bytes) -> str:
    return base64.b64encode(value).decode()


_XML_TEXT: dict[str, Callable[[Any], Callable[[Any], str]]] = {
    "string": lambda shape: escaped,
    "character": lambda shape: escaped,
    "integer": lambda shape: _xml_integer,
    "long": lambda shape: _xml_integer,
    "float": lambda shape: _xml_float,
    "double": lambda shape: _xml_float,
    "boolean": lambda shape: _xml_boolean,
    "timestamp": lambda shape: _xml_timestamp,
    "blob": lambda shape: _xml_blob,
}


# -- json and CBOR


@cache
def _converter(service: str, operation: str, form: str) -> Convert:
    shape = models.known_operation(service, operation).output_shape
    if shape is None:
        return _nothing
    return PlainShapes(form).of(shape)


def _nothing(result: Any) -> dict[str, Any]:
    if result:
        raise BadAnswer(f"it answers nothing, yet was given {sorted(result)}")
    return {}


class PlainShapes:
    """Compiles shapes to functions that turn an answer into what json or CBOR encodes."""

    def __init__(self, form: str) -> None:
        self._leaves = _JSON_LEAVES if form == "json" else _CBOR_LEAVES
        self._structures: dict[str, Convert] = {}

    def of(self, shape: Any) -> Convert:
        if shape.type_name == "structure":
            return self._structure(shape)
        if shape.type_name == "list":
            item = self.of(shape.member)
            return lambda value: [item(each) for each in _listed(value, shape.name)]
        if shape.type_name == "map":
            below = self.of(shape.value)
            return lambda value: {_string(key): below(each) for key, each in _items(value, shape.name)}
        leaf = self._leaves[shape.type_name]

        def convert(value: Any) -> Any:
            try:
                return leaf(value)
            except (TypeError, ValueError, AttributeError) as bad:
                raise BadAnswer(f"{value!r} is no {shape.type_name} ({shape.name})") from bad

        return convert

    def _structure(self, shape: Any) -> Convert:
        known = self._structures.get(shape.name)
        if known is not None:
            return known
        members: dict[str, tuple[str, Convert]] = {}
        is_union = shape.is_tagged_union

        def convert(value: Any) -> dict[str, Any]:
            found: dict[str, Any] = {}
            if is_union:
                _refuse_odd_union(value, shape.name)
            for name, item in _items(value, shape.name):
                if item is not None:
                    member = members.get(name)
                    if member is None:
                        raise BadAnswer(f"{shape.name} has no member {name}")
                    found[member[0]] = member[1](item)
            return found

        self._structures[shape.name] = convert
        for name, member in shape.members.items():
            members[name] = (member.serialization.get("name", name), self.of(member))
        return convert


def _items(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise BadAnswer(f"{name} is a structure, not a {type(value).__name__}")
    return value.items()


def _listed(value: Any, name: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise BadAnswer(f"{name} is a list, not a {type(value).__name__}")
    return value


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return str(value)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return float(value)


def _json_float(value: Any) -> float | str:
    number = _float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _epoch(value: datetime) -> float:
    if value.tzinfo is None:
        raise ValueError
    return round(value.timestamp(), 3)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError
    return value


_JSON_LEAVES: dict[str, Convert] = {
    "string": _string,
    "character": _string,
    "integer": _integer,
    "long": _integer,
    "float": _json_float,
    "double": _json_float,
    "boolean": _boolean,
    "timestamp": _epoch,
    "blob": lambda value: base64.b64encode(_bytes(value)).decode(),
}
_CBOR_LEAVES: dict[str, Convert] = {
    **_JSON_LEAVES,
    "float": _float,
    "double": _float,
    "timestamp": lambda value: cbor2.CBORTag(1, _epoch(value)),
    "blob": _bytes,
}
