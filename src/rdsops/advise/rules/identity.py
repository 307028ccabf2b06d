"""Identity: how people and applications log in, and what a stranger could guess."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import MYSQL_ENGINES, POSTGRES_ENGINES, eased, is_replica, is_test, modify, world_of
from rdsops.advise.finding import Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance

GUESSED_NAMES = ("admin", "administrator", "awsuser", "master", "mysql", "postgres", "root", "rdsadmin", "sa", "user")
"""Names that AWS's console, guides and password-guessing tools try first."""

DEFAULT_PORTS = {"postgres": 5432, "mysql": 3306, "mariadb": 3306, "oracle": 1521, "sqlserver": 1433}
"""Port that AWS gives when none is asked for, by engine family."""


def _kind(database: Cluster | Instance) -> str:
    return "DBCluster" if isinstance(database, Cluster) else "DBInstance"


def _iam(database: Cluster | Instance, view: View) -> Verdict:
    if database.engine not in (*POSTGRES_ENGINES, *MYSQL_ENGINES):
        return NotApplicable(f"{database.engine} has no IAM authentication")
    if is_test(database, view):
        return NotApplicable("a test environment")
    if database.iam_authentication:
        return CLEAR
    return Problem(
        title=f"{database.ref} takes passwords only; IAM authentication is off",
        evidence=(
            Evidence(
                what="IAM authentication",
                value="off",
                threshold="on",
                source=f"{_kind(database)}.IAMDatabaseAuthenticationEnabled",
            ),
        ),
        repair=Repair(
            text="Turn IAM authentication on, then give rds_iam (PostgreSQL) or the AWS plugin (MySQL) to the accounts "
            "that should use it; passwords of the others keep working.",
            calls=(modify(database.ref, EnableIAMDatabaseAuthentication=True),),
        ),
    )


def _admin_name(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    if is_replica(database):
        return NotApplicable("its accounts are those of its source")
    name = database.master_username
    if name.lower() not in GUESSED_NAMES:
        return CLEAR
    return Problem(
        title=f"{database.ref} has the master account '{name}', a name that is tried first",
        evidence=(
            Evidence(
                what="master user name",
                value=name,
                threshold=f"none of {', '.join(GUESSED_NAMES)}",
                source=f"{_kind(database)}.MasterUsername",
            ),
        ),
        repair=Repair(
            text="The master name cannot be changed. Let people and applications use accounts of their own with just "
            "the rights they need, keep the master's password in Secrets Manager, and choose another name next time.",
        ),
    )


def _port(database: Cluster | Instance, view: View) -> Verdict:
    if is_test(database, view):
        return NotApplicable("a test environment")
    engine = database.engine.removeprefix("aurora-").replace("postgresql", "postgres")
    usual = next((port for word, port in DEFAULT_PORTS.items() if engine.startswith(word)), None)
    if usual is None:
        return NotApplicable(f"no default port known for {database.engine}")
    if database.port != usual:
        return CLEAR
    return Problem(
        title=f"{database.ref} listens on the default port {usual}",
        evidence=(
            Evidence(
                what="port", value=str(usual), threshold=f"not {usual}", source=f"{_kind(database)}.Endpoint.Port"
            ),
        ),
        repair=Repair(
            text="Choose another port when the database is next rebuilt; on its own this is not worth an interruption.",
            caution="Changing the port restarts the database and every client needs the new one.",
        ),
    )


def _managed_password(database: Cluster | Instance, view: View) -> Verdict:
    if database.master_secret is not None:
        return CLEAR
    if is_replica(database):
        return NotApplicable("its accounts are those of its source")
    if isinstance(database, Instance) and database.replicas:
        return NotApplicable("a source of read replicas, which AWS does not combine with managed passwords")
    if isinstance(database, Cluster) and database.is_aurora and world_of(database, view) is not None:
        return NotApplicable("part of a global database, which AWS does not combine with managed passwords")
    return Problem(
        title=f"{database.ref} has a master password that nobody rotates",
        severity=eased(Severity.LOW, database, view),
        evidence=(
            Evidence(
                what="secret managed by RDS",
                value="none",
                threshold="one",
                source=f"{_kind(database)}.MasterUserSecret",
            ),
        ),
        repair=Repair(
            text="Let RDS keep the master password in Secrets Manager and rotate it there.",
            calls=(modify(database.ref, ManageMasterUserPassword=True),),
            caution="The password changes at once: whatever logs in as master with the old one is locked out.",
        ),
    )


IAM_AUTHENTICATION_OFF: Rule[Cluster | Instance] = Rule(
    id="iam-authentication-off",
    title="IAM database authentication is off",
    theme=Theme.SECURITY,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_iam,
    why="People and jobs need long-lived passwords, which leak, are shared and survive those who leave.",
    repair="Turn it on, and move accounts to it one by one.",
    checks="IAMDatabaseAuthenticationEnabled is false. PostgreSQL, MySQL, MariaDB and Aurora only; not in test "
    "environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS RDS User Guide, IAM database authentication, recalled",),
    catalogue=(12,),
)

GUESSABLE_ADMIN: Rule[Cluster | Instance] = Rule(
    id="guessable-admin",
    title="Master account has a name that is tried first",
    theme=Theme.SECURITY,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_admin_name,
    why="Half of the credential is known to everyone who tries.",
    repair="Work with accounts of their own; choose another master name with the next database.",
    checks=f"MasterUsername is one of {', '.join(GUESSED_NAMES)}. Does not apply to replicas and test environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS Security Hub controls RDS.24 and RDS.25, recalled; the list is our judgement",),
    catalogue=(14,),
)

DEFAULT_PORT: Rule[Cluster | Instance] = Rule(
    id="default-port",
    title="Database listens on its engine's default port",
    theme=Theme.SECURITY,
    severity=Severity.INFO,
    subjects=DATABASES,
    check=_port,
    why="Scanners inside the network find it at once. Of little weight next to closed security groups.",
    repair="Choose another port when the database is next rebuilt.",
    checks="The port is 5432 (PostgreSQL), 3306 (MySQL, MariaDB), 1521 (Oracle) or 1433 (SQL Server). Does not apply "
    "to test environments.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS Security Hub control RDS.23, recalled",),
    catalogue=(15,),
)

UNMANAGED_PASSWORD: Rule[Cluster | Instance] = Rule(
    id="unmanaged-password",
    title="Master password is not managed by Secrets Manager",
    theme=Theme.SECURITY,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_managed_password,
    why="It was typed once, lies in somebody's notes or state file, and stays valid until somebody remembers it.",
    repair="Turn ManageMasterUserPassword on.",
    checks="MasterUserSecret is absent. Low in test environments. Does not apply to replicas, to sources of replicas "
    "and to members of a global database, where AWS does not support it.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters", "rds:DescribeGlobalClusters"),
    sources=(
        "AWS RDS and Aurora User Guides, Limitations for Secrets Manager integration, read 2026-11-23",
        "botocore 1.44.5, rds MasterUserSecret, read 2026-11-23",
    ),
    catalogue=(16,),
)

RULES: tuple[Rule[Any], ...] = (IAM_AUTHENTICATION_OFF, GUESSABLE_ADMIN, DEFAULT_PORT, UNMANAGED_PASSWORD)
