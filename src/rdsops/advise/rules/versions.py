"""Versions: minors that wait, majors whose support ends, and what Extended Support costs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import msgspec

from rdsops.advise.databases import servers
from rdsops.advise.finding import ApiCall, Evidence, Money, Repair, Severity, Theme
from rdsops.advise.measured import measured
from rdsops.advise.money import SURCHARGE, Line, monthly, not_known
from rdsops.advise.rule import CLEAR, Problem, Rule, Verdict
from rdsops.advise.subjects import DATABASES
from rdsops.advise.view import View
from rdsops.core.errors import Unseen
from rdsops.core.units import HOURS_A_MONTH, usd
from rdsops.facts.facts import Lifecycle, major_of
from rdsops.facts.lifecycles import CHARGED, Phase, next_step, phase
from rdsops.fleet.clusters import Cluster
from rdsops.fleet.instances import Instance
from rdsops.fleet.neighbours import EngineVersion, MajorLifecycle
from rdsops.fleet.series import Window

_WARN_DAYS = 365
_URGENT_DAYS = 90
_MANY_MINORS = 3
_PRICES = "Extended Support prices: bundled price book, dated row by row"


def _auto_minor(database: Cluster | Instance, view: View) -> Verdict:
    off = [server for server in servers(database, view) if not server.auto_minor_version_upgrade]
    if not off:
        return CLEAR
    names = ", ".join(server.ref.name for server in off)
    return Problem(
        title=f"{database.ref} does not take minor versions by itself ({names})"
        if isinstance(database, Cluster)
        else f"{database.ref} does not take minor versions by itself",
        evidence=tuple(
            Evidence(
                what="automatic minor upgrades",
                value="off",
                threshold="on",
                source="DBInstance.AutoMinorVersionUpgrade",
                subject=server.ref.name,
            )
            for server in off
        ),
        repair=Repair(
            text="Turn automatic minor upgrades on; AWS applies them in the maintenance window.",
            calls=tuple(
                ApiCall(
                    service="rds",
                    operation="ModifyDBInstance",
                    parameters={"DBInstanceIdentifier": server.ref.name, "AutoMinorVersionUpgrade": True},
                )
                for server in off
            )
            if not isinstance(database, Cluster) or database.is_aurora
            else (
                ApiCall(
                    service="rds",
                    operation="ModifyDBCluster",
                    parameters={"DBClusterIdentifier": database.ref.name, "AutoMinorVersionUpgrade": True},
                ),
            ),
            caution="A minor upgrade restarts the engine in the window: seconds to minutes.",
        ),
    )


def _minor_behind(database: Cluster | Instance, view: View) -> Verdict:
    offered = _offered(database, view)
    newer = sorted(offered.minor_upgrades, key=_numbers)
    withdrawn = offered.status == "deprecated"
    if not newer and not withdrawn:
        return CLEAR
    if not newer:
        return Problem(
            title=f"{database.ref} runs {database.engine_version}, which AWS has withdrawn",
            severity=Severity.MEDIUM,
            evidence=(
                Evidence(
                    what="version status",
                    value=offered.status,
                    threshold="available",
                    source="DescribeDBEngineVersions",
                ),
            ),
            repair=Repair(text="No minor upgrade is offered from it: plan the upgrade to the next major version."),
        )
    newest = newer[-1]
    return Problem(
        title=f"{database.ref} runs {database.engine_version}; {newest} is offered",
        severity=Severity.MEDIUM if withdrawn or len(newer) >= _MANY_MINORS else None,
        evidence=(
            Evidence(
                what="minor versions ahead of it",
                value=f"{len(newer)}, up to {newest}",
                threshold="0",
                source="DescribeDBEngineVersions.ValidUpgradeTarget",
            ),
            *(
                [Evidence(what="version status", value="deprecated", source="DescribeDBEngineVersions.Status")]
                if withdrawn
                else []
            ),
        ),
        repair=Repair(
            text=f"Upgrade to {newest} in the next maintenance window, a copy of the database first.",
            calls=(_upgrade(database, newest),),
            caution="Restarts the engine: seconds to minutes without connections, also with Multi-AZ.",
        ),
    )


def _offered(database: Cluster | Instance, view: View) -> EngineVersion:
    listed = view.region(database.ref.place).engine_versions
    for offered in listed.items:
        if offered.engine == database.engine and offered.version == database.engine_version:
            return offered
    raise Unseen("rds:DescribeDBEngineVersions", f"{database.engine} {database.engine_version}")


def _upgrade(database: Cluster | Instance, version: str) -> ApiCall:
    if isinstance(database, Cluster):
        return ApiCall(
            service="rds",
            operation="ModifyDBCluster",
            parameters={
                "DBClusterIdentifier": database.ref.name,
                "EngineVersion": version,
                "ApplyImmediately": False,
            },
        )
    return ApiCall(
        service="rds",
        operation="ModifyDBInstance",
        parameters={"DBInstanceIdentifier": database.ref.name, "EngineVersion": version, "ApplyImmediately": False},
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _support(database: Cluster | Instance, view: View) -> Verdict:
    row, told_by = lifecycle(database, view)
    today = view.now.date()
    now = phase(row, today)
    if now is Phase.STANDARD and (row.standard_ends is None or (row.standard_ends - today).days > _WARN_DAYS):
        return CLEAR
    major = f"{database.engine} {row.major}"
    ahead = next_step(row, today)
    evidence = [
        Evidence(
            what=f"standard support of {major} ends",
            value=f"{row.standard_ends}",
            threshold=f"more than {_WARN_DAYS} days ahead",
            source=told_by,
        )
    ]
    if now is not Phase.STANDARD:
        evidence.append(Evidence(what="today it is in", value=now.value, source=told_by))
    if ahead is not None:
        evidence.append(Evidence(what=f"{ahead.phase.value} from", value=f"{ahead.on}", source=told_by))
    if row.extended_ends is not None and (ahead is None or ahead.phase is not Phase.ENDED):
        evidence.append(Evidence(what="Extended Support ends", value=f"{row.extended_ends}", source=told_by))
    return Problem(
        title=_support_title(database, row, now, today),
        severity=_support_severity(row, now, today),
        consequence=_support_consequence(database, row, now, today, view),
        evidence=tuple(evidence),
        money=_surcharge(database, now, view) if now in CHARGED else None,
        repair=Repair(
            text="Upgrade to a supported major version. Rehearse on a restored copy, check extensions and removed "
            "parameters, then upgrade in place or by a blue/green deployment.",
            caution="A major upgrade stops writes for minutes to an hour and cannot be undone but by restoring.",
        ),
    )


def lifecycle(database: Cluster | Instance, view: View) -> tuple[Lifecycle, str]:
    """Support dates of its major version, and who told them: AWS first, then the bundled calendar.

    Raises Unseen when neither knows the version: an unlisted version is never "supported".
    """
    major = major_of(database.engine, database.engine_version)
    table = view.facts.lifecycle(database.engine, database.engine_version)
    listed = view.region(database.ref.place).lifecycles
    for told in listed.items:
        if told.engine == database.engine and told.major == major and told.standard_ends_at is not None:
            return _as_told(told, told.standard_ends_at.date(), table), "DescribeDBMajorEngineVersions"
    if table is None:
        raise Unseen(listed.asked, f"support dates of {database.engine} {major}")
    source = view.facts.lifecycles_source
    return table, f"bundled calendar ({source.name}), read {source.read}"


def _as_told(told: MajorLifecycle, standard_ends: date, table: Lifecycle | None) -> Lifecycle:
    """AWS's dates laid over the calendar's. The API tells no price dates: years 1 and 2 begin when support ends."""
    extended_ends = told.extended_ends_at.date() if told.extended_ends_at is not None else None
    row = table or Lifecycle(engine=told.engine, major=told.major, standard_ends=None)
    charged_from = row.extended_year1_from
    if extended_ends is not None and (charged_from is None or row.standard_ends != standard_ends):
        charged_from = standard_ends + timedelta(days=1)
    return msgspec.structs.replace(
        row,
        standard_ends=standard_ends,
        extended_year1_from=charged_from,
        extended_ends=extended_ends if extended_ends is not None else row.extended_ends,
    )


def _support_title(database: Cluster | Instance, row: Lifecycle, now: Phase, today: date) -> str:
    major = f"{database.engine} {row.major}"
    if now is Phase.ENDED:
        return f"{database.ref} runs {major}, past Extended Support since {row.extended_ends}"
    if now is Phase.STANDARD:
        assert row.standard_ends is not None
        days = (row.standard_ends - today).days
        return f"{database.ref} runs {major}; its standard support ends in {days} days, on {row.standard_ends}"
    return f"{database.ref} runs {major}, whose standard support ended on {row.standard_ends}"


def _support_severity(row: Lifecycle, now: Phase, today: date) -> Severity:
    if now is Phase.ENDED:
        return Severity.CRITICAL
    if now is not Phase.STANDARD:
        return Severity.HIGH
    assert row.standard_ends is not None
    return Severity.HIGH if (row.standard_ends - today).days <= _URGENT_DAYS else Severity.MEDIUM


def _support_consequence(
    database: Cluster | Instance, row: Lifecycle, now: Phase, today: date, view: View
) -> str | None:
    if now is Phase.ENDED:
        return "AWS upgrades it on a day of its own choosing, ready or not, and no security fix reaches it before."
    ahead = next_step(row, today)
    if ahead is None or ahead.phase not in CHARGED:
        return None
    then = _surcharge(database, ahead.phase, view)
    amount = f"{usd(then.usd_month)} a month" if then.usd_month is not None else f"not known ({then.why})"
    return f"{ahead.phase.value} is charged from {ahead.on}: {amount}. After it ends, AWS upgrades without asking."


def _surcharge(database: Cluster | Instance, now: Phase, view: View) -> Money:
    """Extended Support a month: vCPUs (a Multi-AZ standby's too) or ACUs, times the price of the year."""
    if database.has_seen("lifecycle_support") and (database.lifecycle_support or "").endswith("-disabled"):
        return not_known(SURCHARGE, "not enrolled in Extended Support: AWS upgrades it instead of charging")
    year = "year3" if now is Phase.YEAR3 else "year1"
    try:
        lines = [_support_line(server, year, view) for server in servers(database, view)]
    except Unseen as unseen:
        return not_known(SURCHARGE, str(unseen.args[0]))
    return monthly(view, database.ref.region, SURCHARGE, *lines)


def _support_line(server: Instance, year: str, view: View) -> Line:
    if server.is_serverless:
        acu = measured(view, server.ref, "ServerlessDatabaseCapacity", "Average", Window.WEEK).mean
        return Line(f"extended-support/acu/{year}", acu * HOURS_A_MONTH, f"{server.ref} {acu:.3g} ACU x 730 h,")
    size = view.facts.instance_class(server.instance_class)
    if size is None:
        raise Unseen("rds:DescribeOrderableDBInstanceOptions", f"vCPUs of {server.instance_class}")
    copies = 2 if server.multi_az and server.cluster is None else 1
    words = f"{server.ref} {size.vcpu} vCPU x {copies} x 730 h,"
    return Line(f"extended-support/vcpu/{year}", size.vcpu * copies * HOURS_A_MONTH, words)


AUTO_MINOR = Rule(
    id="auto-minor-off",
    title="Minor versions are not applied automatically",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_auto_minor,
    why="Security fixes wait until somebody remembers them; withdrawn minors are upgraded by force later.",
    repair="Turn AutoMinorVersionUpgrade on for the instance, or for every member of the cluster.",
    checks="AutoMinorVersionUpgrade is false on the instance, or on any member of the cluster.",
    needs=("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    sources=("AWS API reference of RDS, AutoMinorVersionUpgrade (botocore 1.43), read 2026-11-23",),
    catalogue=(53,),
)

MINOR_BEHIND = Rule(
    id="minor-version-behind",
    title="A newer minor version is offered",
    theme=Theme.OPERATIONS,
    severity=Severity.LOW,
    subjects=DATABASES,
    check=_minor_behind,
    why="Fixed bugs and security holes of the version stay open.",
    repair="Upgrade to the newest minor version in the maintenance window.",
    checks="DescribeDBEngineVersions lists minor upgrade targets for the running version, or calls it deprecated. "
    f"Medium from {_MANY_MINORS} minors behind or when deprecated, else low. Not known for a version AWS did not list.",
    needs=("rds:DescribeDBEngineVersions",),
    sources=("AWS API reference of RDS, DescribeDBEngineVersions (botocore 1.43), read 2026-11-23",),
    catalogue=(54,),
)

SUPPORT_ENDING = Rule(
    id="major-support-ending",
    title="Standard support of the major version ends",
    theme=Theme.OPERATIONS,
    severity=Severity.MEDIUM,
    subjects=DATABASES,
    check=_support,
    why="After standard support every vCPU-hour is surcharged, a Multi-AZ standby's too, and reservations do not "
    "cover it; after Extended Support AWS upgrades the database itself.",
    repair="Upgrade to a supported major version, rehearsed on a restored copy.",
    checks=f"The end of standard support is at most {_WARN_DAYS} days ahead (medium), at most {_URGENT_DAYS} (high), "
    "past (high), or Extended Support is past too (critical). Dates from DescribeDBMajorEngineVersions, else from the "
    "bundled calendar; the evidence says which. A version in neither is not known. The enrolment flag decides nothing.",
    needs=(
        "rds:DescribeDBMajorEngineVersions",
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "cloudwatch:ServerlessDatabaseCapacity",
    ),
    sources=(
        "AWS release calendars of RDS and Aurora, March to September 2026, read 2026-11-23",
        _PRICES,
        "AWS Extended Support charges (standby charged, not covered by reservations), read 2026-11-23",
    ),
    catalogue=(55, 72, 103),
)

RULES: tuple[Rule[Any], ...] = (AUTO_MINOR, MINOR_BEHIND, SUPPORT_ENDING)
