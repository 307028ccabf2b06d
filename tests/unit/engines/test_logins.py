"""Where credentials come from, in which order, and what is never shown of them."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from rdsops.core.errors import UsageError
from rdsops.core.ids import Place
from rdsops.engines.connect import Address
from rdsops.engines.logins import IamLogin, Keyring, Login, Password, PasswordVariable, SecretArn, read_logins
from rdsops.engines.secret import Secret
from rdsops.testing.fleets import cluster, instance, member

HERE = Address("orders.abc.eu-west-1.rds.amazonaws.com", 5432)
PASSWORD = "correct horse"


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_file_names_its_logins(tmp_path: Path) -> None:
    text = f"""
        [[login]]
        match = "orders*"
        user = "reader"
        password = "{PASSWORD}"
        [[login]]
        match = "billing"
        password_env = "BILLING_PASSWORD"
        [[login]]
        match = "arn:aws:rds:*:111122223333:db:shop"
        secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop"
        [[login]]
        match = "*"
        user = "iam_reader"
        iam = true
    """
    logins = read_logins(written(tmp_path / "logins.toml", text))
    assert [type(login.by) for login in logins] == [Password, PasswordVariable, SecretArn, IamLogin]
    assert PASSWORD not in repr(logins)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o644])
def test_a_file_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "logins.toml", f'[[login]]\nmatch = "*"\npassword = "{PASSWORD}"', mode)
    with pytest.raises(UsageError, match="open to others") as caught:
        read_logins(path)
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize(
    "text",
    [
        f'[[login]]\nmatch = "*"\npassword = "{PASSWORD}"\niam = true',
        '[[login]]\nmatch = "*"',
        f'[[login]]\nmatch = "*"\npasswort = "{PASSWORD}"',
        f'[[login]]\nmatch = "*"\npassword = "{PASSWORD}',
        f'[[login]]\npassword = "{PASSWORD}"',
    ],
)
def test_a_file_that_makes_no_sense_is_refused_without_showing_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_logins(written(tmp_path / "logins.toml", text))
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_logins(tmp_path / "none.toml")


def read_secret(arn: str, place: Place) -> Secret:
    return Secret(f'{{"username": "from {arn}", "password": "{PASSWORD}"}}')


def test_a_login_beats_the_environment_and_that_beats_the_managed_secret() -> None:
    environment = {"RDSOPS_DB_USER": "env", "RDSOPS_DB_PASSWORD": PASSWORD}
    login = Login(match="orders", user="file", by=Password(Secret(PASSWORD)))
    keyring = Keyring(logins=(login,), environment=environment, read_secret=read_secret)
    users = []
    for ring in (
        keyring,
        Keyring(environment=environment, read_secret=read_secret),
        Keyring(environment={"RDSOPS_DB_USER": "env"}, read_secret=read_secret),
    ):
        found = ring.credentials(instance(), None, HERE)
        assert found is not None
        users.append(found.user)
        assert found.password.reveal() == PASSWORD
        assert PASSWORD not in repr(found)
    assert users == ["file", "env", f"from {instance().master_secret}"]
    assert Keyring(environment={}).credentials(instance(), None, HERE) is None


def test_a_login_covers_members_by_their_clusters_name() -> None:
    login = Login(match="billing", user="u", by=Password(Secret("p")))
    assert login.covers(member("one"))
    assert not login.covers(instance())
    assert Login(match=instance().ref.arn, user="u", by=Password(Secret("p"))).covers(instance())


def test_a_member_uses_the_secret_of_its_cluster() -> None:
    found = Keyring(read_secret=read_secret).credentials(member("one", master_secret=None), cluster(), HERE)
    assert found is not None
    assert found.user == f"from {cluster().master_secret}"


def test_a_secret_may_be_a_bare_password_and_may_hold_none() -> None:
    login = Login(match="*", user=None, by=SecretArn("arn:x"))
    bare = Keyring(logins=(login,), read_secret=lambda arn, place: Secret("just this"))
    found = bare.credentials(instance(), None, HERE)
    assert found is not None
    assert (found.user, found.password.reveal()) == ("orders_owner", "just this")
    empty = Keyring(logins=(login,), read_secret=lambda arn, place: Secret('{"username": "x"}'))
    with pytest.raises(UsageError, match="holds no password"):
        empty.credentials(instance(), None, HERE)


def test_an_iam_login_asks_for_a_token_of_its_address_and_user() -> None:
    asked: list[tuple[Address, str, str]] = []

    def token(address: Address, user: str, place: Place) -> Secret:
        asked.append((address, user, place.region))
        return Secret("token")

    ring = Keyring(logins=(Login(match="*", user="iam_reader", by=IamLogin()),), iam_token=token)
    found = ring.credentials(instance(), None, HERE)
    assert found is not None
    assert found.password.reveal() == "token"
    assert asked == [(HERE, "iam_reader", "eu-west-1")]
    with pytest.raises(UsageError, match="no AWS session"):
        Keyring(logins=ring.logins).credentials(instance(), None, HERE)


def test_a_variable_that_is_not_set_is_named() -> None:
    ring = Keyring(logins=(Login(match="*", user="u", by=PasswordVariable("SHOP_PW")),), environment={})
    with pytest.raises(UsageError, match="SHOP_PW"):
        ring.credentials(instance(), None, HERE)


def test_a_secret_is_not_written_anywhere() -> None:
    secret = Secret(PASSWORD)
    assert PASSWORD not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
