"""The server under the endpoint: loopback, kept-alive connections, many at once, odd requests, a clean stop."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import EndpointConnectionError

from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.endpoint.server import Endpoint
from tests.lab.endpoint.conftest import HOME, REGION, MakeClient
from tests.lab.endpoint.toys import ToyRds

SIGNED = {"Authorization": f"AWS4-HMAC-SHA256 Credential={HOME}/20260501/{REGION}/rds/aws4_request"}
LIST = b"Action=DescribeDBInstances&Version=2014-10-31"


def connected(endpoint: Endpoint) -> socket.socket:
    where = urlsplit(endpoint.url)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=20)


def test_it_listens_on_loopback_only(endpoint: Endpoint) -> None:
    port = urlsplit(endpoint.url).port
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)} - {"127.0.0.1"}
    for address in [*others, "127.0.0.2"]:
        with pytest.raises(OSError, match=r"refused|unreachable"):
            socket.create_connection((str(address), port or 0), timeout=5).close()


def test_a_connection_answers_many_requests(endpoint: Endpoint) -> None:
    where = urlsplit(endpoint.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 0, timeout=20)
    connection.connect()
    kept = connection.sock
    for _ in range(5):
        connection.request("POST", "/", body=LIST, headers=SIGNED)
        answer = connection.getresponse()
        assert answer.status == 200
        assert b"DescribeDBInstancesResult" in answer.read()
        assert connection.sock is kept
    connection.close()


def test_two_requests_sent_at_once_are_answered_in_turn(endpoint: Endpoint) -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {SIGNED['Authorization']}\r\n"
    first = head.encode() + b"Content-Length: %d\r\n\r\n" % len(LIST) + LIST
    last = head.encode() + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(LIST) + LIST
    with connected(endpoint) as wire:
        wire.sendall(first + last)
        received = b""
        while piece := wire.recv(65_536):
            received += piece
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_a_chunked_body_is_read(endpoint: Endpoint) -> None:
    where = urlsplit(endpoint.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 0, timeout=20)
    connection.request("POST", "/", body=iter([LIST[:10], LIST[10:]]), headers=SIGNED, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, b"DescribeDBInstancesResult" in answer.read()) == (200, True)
    connection.close()


@pytest.mark.parametrize(
    "sent", [b"hello\r\n\r\n", b"GET / HTTP/2\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"]
)
def test_what_is_no_http_is_refused_and_the_rest_lives_on(endpoint: Endpoint, client: MakeClient, sent: bytes) -> None:
    with connected(endpoint) as wire:
        wire.sendall(sent)
        assert wire.recv(100).startswith(b"HTTP/1.1 400")
    client("rds").describe_db_instances()


def test_many_clients_at_once_get_their_own_answers(client: MakeClient, rds: ToyRds) -> None:
    names = [f"{n:012}" for n in range(1, 17)]
    for name in names:
        rds.instances[name, REGION] = {f"i-{name}": {"DBInstanceIdentifier": f"i-{name}"}}
    clients = {name: client("rds", account=name) for name in names}

    def ask(name: str) -> set[str]:
        return {clients[name].describe_db_instances()["DBInstances"][0]["DBInstanceIdentifier"] for _ in range(20)}

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, names)) == [{f"i-{name}"} for name in names]


def test_a_stopped_endpoint_answers_nothing_and_frees_its_port(
    accounts: Accounts, clock: Clock, client: MakeClient
) -> None:
    stopping = Endpoint([ToyRds()], accounts, clock).start()
    where = urlsplit(stopping.url)
    kept = connected(stopping)
    stopping.stop()
    assert kept.recv(10) == b""
    kept.close()
    again = Endpoint([ToyRds()], accounts, clock, port=where.port or 0)
    again.start()
    again.stop()
    with pytest.raises(OSError, match="refused"):
        connected(again)


def test_a_stopped_endpoint_is_unreachable_for_boto3(endpoint: Endpoint, client: MakeClient) -> None:
    rds = client("rds")
    endpoint.stop()
    with pytest.raises(EndpointConnectionError):
        rds.describe_db_instances()


def test_own_answers_never_import_moto() -> None:
    program = """
import sys, boto3
from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.endpoint.server import Endpoint
from tests.lab.endpoint.toys import ToyRds
clock = Clock()
with Endpoint([ToyRds()], Accounts(clock), clock) as endpoint:
    keys = dict(aws_access_key_id="111122223333", aws_secret_access_key="x", region_name="eu-west-1")
    boto3.client("rds", endpoint_url=endpoint.url, **keys).describe_db_instances()
    boto3.client("sts", endpoint_url=endpoint.url, **keys).get_caller_identity()
    assert not [name for name in sys.modules if name.partition(".")[0] in ("moto", "flask", "werkzeug")]
    boto3.client("kms", endpoint_url=endpoint.url, **keys).list_keys()
    assert "moto" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_preloading_leaves_moto_ready(endpoint: Endpoint) -> None:
    endpoint.moto.preload(("kms",)).join(timeout=60)
    assert "moto.kms.models" in sys.modules
