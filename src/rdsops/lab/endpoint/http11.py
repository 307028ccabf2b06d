"""A small HTTP/1.1 server for loopback: keep-alive, a thread a connection, and able to break an answer on purpose.

It reads a request whole, as a WSGI environ, and sends the reply in one piece. Written because the lab must be able to
cut its own connections, and because a general server spends more time on a request than a small answer takes.
"""

from __future__ import annotations

import io
import socket
import struct
import threading
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import unquote_to_bytes

from rdsops.lab.endpoint.gate import Cut
from rdsops.lab.endpoint.refusals import Reply

LINE_BYTES = 65_536
HEADERS = 200
BODY_BYTES = 256 * 2**20

Program: TypeAlias = Callable[[dict[str, Any]], Reply]


class BadRequest(Exception):  # noqa: N818 - HTTP's own name
    """A request that is no HTTP, or larger than the lab reads."""


class Server:
    """Serves one program on 127.0.0.1. port: 0 takes a free one."""

    def __init__(self, program: Program, port: int = 0) -> None:
        self._program = program
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stopped = False
        self._thread = threading.Thread(target=self._accept, name="rdsops-lab-endpoint", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection; nothing is answered any more."""
        with self._lock:
            self._stopped = True
            connections = list(self._open)
        if self._thread.is_alive():
            _wake(self.port)
            self._thread.join(timeout=10)
        self._listener.close()
        for connection in connections:
            _shut(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._stopped:
                    return
                continue
            with self._lock:
                if self._stopped:
                    connection.close()
                    return
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as stream:
                while self._answer_one(connection, stream):
                    pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _answer_one(self, connection: socket.socket, stream: io.BufferedReader) -> bool:
        """Read one request and answer it; whether the connection lives on."""
        try:
            environ = _read(connection, stream)
        except BadRequest as bad:
            connection.sendall(_written(Reply(400, f"{bad}\n".encode(), "text/plain"), "GET", close=True))
            return False
        if environ is None:
            return False
        close = environ.get("HTTP_CONNECTION", "").lower() == "close" or environ["SERVER_PROTOCOL"] == "HTTP/1.0"
        try:
            reply = self._program(environ)
        except Cut:
            _reset(connection)
            return False
        sent = _written(reply, environ["REQUEST_METHOD"], close)
        if reply.cut is not None:
            connection.sendall(sent[: len(sent) - len(reply.body) + reply.cut])
            return False
        connection.sendall(sent)
        return not close


def _read(connection: socket.socket, stream: io.BufferedReader) -> dict[str, Any] | None:
    """The next request as an environ; None when the client has gone."""
    line = stream.readline(LINE_BYTES)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest("this is no HTTP/1.1 request")
    method, target, version = words
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(connection.getsockname()[1]),
        "SERVER_PROTOCOL": version,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.errors": io.StringIO(),
    }
    headers = _read_headers(stream)
    for name, value in headers:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = "HTTP_" + key
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["rdsops.headers"] = headers
    if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = _read_body(stream, environ)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["wsgi.input"] = io.BytesIO(body)
    return environ


def _read_headers(stream: io.BufferedReader) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    while True:
        line = stream.readline(LINE_BYTES)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or len(headers) >= HEADERS:
            raise BadRequest("the headers cannot be read")
        headers.append((name, value.strip()))


def _read_body(stream: io.BufferedReader, environ: dict[str, Any]) -> bytes:
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        environ.pop("HTTP_TRANSFER_ENCODING")
        return _read_chunks(stream)
    length = environ.get("CONTENT_LENGTH", "0")
    if not length.isdigit() or int(length) > BODY_BYTES:
        raise BadRequest(f"a body of '{length[:20]}' bytes is not read")
    body = stream.read(int(length))
    if len(body) != int(length):
        raise BadRequest("the body ended early")
    return body


def _read_chunks(stream: io.BufferedReader) -> bytes:
    pieces: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(stream.readline(LINE_BYTES).split(b";")[0], 16)
        except ValueError:
            raise BadRequest("a chunk has no size") from None
        total += size
        if size < 0 or total > BODY_BYTES:
            raise BadRequest("the body is larger than the lab reads")
        if size == 0:
            while stream.readline(LINE_BYTES) not in (b"\r\n", b"\n", b""):
                pass
            return b"".join(pieces)
        pieces.append(stream.read(size))
        stream.readline(LINE_BYTES)


def _written(reply: Reply, method: str, close: bool) -> bytes:
    head = [
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unknown')}",
        f"Content-Type: {reply.content_type}" if reply.content_type else "Server: rdsops-lab",
        f"Date: {formatdate(usegmt=True)}",
    ]
    head += [f"{name}: {value}" for name, value in reply.headers]
    if method == "HEAD":
        if not any(name.lower() == "content-length" for name, _ in reply.headers):
            head.append(f"Content-Length: {len(reply.body)}")
        body = b""
    else:
        head.append(f"Content-Length: {len(reply.body)}")
        body = reply.body
    if close:
        head.append("Connection: close")
    return "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + body


def _reset(connection: socket.socket) -> None:
    """Let the connection end with a reset rather than an orderly close."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _wake(port: int) -> None:
    """Let a thread that waits in accept see that it is to stop."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return


_REASONS = {status.value: status.phrase for status in HTTPStatus}
