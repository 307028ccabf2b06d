"""Transport: whether a server or proxy refuses connections without TLS."""

from __future__ import annotations

from typing import Any

from rdsops.advise.databases import MYSQL_ENGINES, POSTGRES_ENGINES, is_on, servers, set_parameter, setting_or
from rdsops.advise.finding import ApiCall, Evidence, Repair, Severity, Theme
from rdsops.advise.rule import CLEAR, NotApplicable, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES, PROXIES
from rdsops.advise.view import Setting, View
from rdsops.core.errors import Unseen
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import Proxy

MYSQL_ENGINE_DEFAULT = "OFF"
"""require_secure_transport where AWS leaves it to the engine (MySQL and MariaDB manuals, recalled)."""


def _required(instance: Instance, view: View) -> tuple[str, str, Setting]:
    """(parameter, value, where it was read) of the switch that refuses plain connections."""
    if instance.engine in POSTGRES_ENGINES:
        name = "rds.force_ssl"
        setting = view.setting(instance, name)
        if setting.value is None:
            raise Unseen("rds:DescribeEngineDefaultParameters", f"parameter {name}")
        return name, setting.value, setting
    name = "require_secure_transport"
    value, setting = setting_or(instance, name, MYSQL_ENGINE_DEFAULT, view)
    return name, value, setting


def _tls(database: Cluster | Instance, view: View) -> Verdict:
    if database.engine not in (*POSTGRES_ENGINES, *MYSQL_ENGINES):
        return NotApplicable(f"{database.engine} is not judged")
    seen = [(instance, *_required(instance, view)) for instance in servers(database, view)]
    if not seen:
        return NotApplicable("a cluster without instances")
    plain = [each for each in seen if not is_on(each[2])]
    if not plain:
        return CLEAR
    _, name, value, setting = plain[0]
    return Problem(
        title=f"{database.ref} accepts connections without TLS ({name} = {value})",
        evidence=tuple(
            Evidence(what=name, value=value, threshold="1", source=setting.origin, subject=instance.ref.arn)
            for instance, name, value, setting in plain
        ),
        repair=Repair(
            text=f"Set {name} to 1 in the parameter group once every client connects with TLS "
            "(a default group cannot be changed: attach one of your own first).",
            calls=set_parameter(database, setting, name, "1", view),
            caution="Clients that connect without TLS are refused from then on.",
        ),
    )


def _proxy_tls(proxy: Proxy, view: View) -> Verdict:
    if proxy.require_tls:
        return CLEAR
    return Problem(
        title=f"proxy {proxy.ref} accepts connections without TLS",
        evidence=(Evidence(what="TLS required", value="no", threshold="yes", source="DBProxy.RequireTLS"),),
        repair=Repair(
            text="Require TLS once every client of the proxy uses it.",
            calls=(
                ApiCall(
                    service="rds",
                    operation="ModifyDBProxy",
                    parameters={"DBProxyName": proxy.ref.name, "RequireTLS": True},
                ),
            ),
            caution="Clients that connect without TLS are refused from then on.",
        ),
    )


TLS_NOT_REQUIRED: Rule[Cluster | Instance] = Rule(
    id="tls-not-required",
    title="Server accepts connections without TLS",
    theme=Theme.SECURITY,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_tls,
    why="A client that was set up carelessly sends its password and every row in the clear, and nobody notices.",
    repair="Turn rds.force_ssl (PostgreSQL) or require_secure_transport (MySQL, MariaDB) on.",
    checks="rds.force_ssl (PostgreSQL) or require_secure_transport (MySQL, MariaDB) is off on any server: live where "
    "SQL saw it, else the instance's group, the cluster's group, the family's default. RDS turns it on by default from "
    "PostgreSQL 15, which the family's defaults show. Other engines are not judged. One finding per cluster.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBParameters", "rds:DescribeEngineDefaultParameters"),
    sources=(
        "AWS RDS User Guide, Using SSL with a PostgreSQL DB instance, read 2026-11-23",
        "rds.force_ssl is 1 by default from PostgreSQL 15, recalled; the family's defaults decide",
    ),
    catalogue=(11,),
)

PROXY_TLS_NOT_REQUIRED: Rule[Proxy] = Rule(
    id="proxy-tls-not-required",
    title="Proxy accepts connections without TLS",
    theme=Theme.SECURITY,
    severity=Severity.MEDIUM,
    subjects=PROXIES,
    check=_proxy_tls,
    why="Between client and proxy, passwords and rows may travel in the clear, whatever the database itself requires.",
    repair="Require TLS on the proxy.",
    checks="DBProxy.RequireTLS is false.",
    needs=("rds:DescribeDBProxies",),
    sources=("botocore 1.44.5, rds DBProxy, read 2026-11-23",),
    catalogue=(21,),
)

RULES: tuple[Rule[Any], ...] = (TLS_NOT_REQUIRED, PROXY_TLS_NOT_REQUIRED)
