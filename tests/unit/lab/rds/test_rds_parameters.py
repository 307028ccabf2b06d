"""Parameter catalogues: what the engines have, what RDS lays over it, and what a group takes and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.asking_rds import Asking, cluster, instance, member

from rdsops.lab.endpoint.contract import AwsError
from rdsops.lab.rds import parameter_facts
from rdsops.lab.rds.parameter_catalogue import HARVESTED, catalogue


def grouped(family: str = "postgres17", name: str = "mine") -> Asking:
    lab = Asking()
    lab.ask("CreateDBParameterGroup", DBParameterGroupName=name, DBParameterGroupFamily=family, Description="mine")
    return lab


def set_to(lab: Asking, name: str, value: str, method: str = "immediate", group: str = "mine") -> None:
    one = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
    lab.ask("ModifyDBParameterGroup", DBParameterGroupName=group, Parameters=[one])


def parameters(lab: Asking, group: str, **asked: Any) -> dict[str, dict[str, Any]]:
    found = lab.all_of("DescribeDBParameters", "Parameters", DBParameterGroupName=group, **asked)
    return {one["ParameterName"]: one for one in found}


@pytest.mark.parametrize("family", [kind + major for kind, majors in HARVESTED.items() for major in majors])
def test_a_harvested_family_has_hundreds_of_parameters_and_says_where_they_were_read(family: str) -> None:
    one = catalogue(family)
    assert len(one.definitions) > 350
    assert not one.incomplete
    assert one.from_engine.endswith("2026-11-23")


def test_a_major_without_a_harvest_uses_the_nearest_and_says_so() -> None:
    one = catalogue("postgres13")
    assert one.incomplete
    assert "No engine of major 13 was read" in one.definitions["work_mem"].description


def test_aurora_families_say_that_they_are_incomplete() -> None:
    one = catalogue("aurora-postgresql17")
    assert one.incomplete
    assert "in part only" in one.definitions["work_mem"].description


@pytest.mark.parametrize("family", ["mysql8.0", "aurora-mysql8.0", "mysql8.4", "mariadb11.4", "postgres9.6"])
def test_a_family_whose_engine_was_never_read_is_refused_and_not_empty(family: str) -> None:
    lab = Asking()
    with pytest.raises(AwsError, match="not emulated"):
        lab.ask("DescribeEngineDefaultParameters", DBParameterGroupFamily=family)
    with pytest.raises(AwsError):
        lab.ask("CreateDBParameterGroup", DBParameterGroupName="g", DBParameterGroupFamily=family, Description="g")


def test_every_name_that_the_facts_tell_is_a_parameter_of_some_engine() -> None:
    postgres = {name for major in HARVESTED["postgres"] for name in catalogue(f"postgres{major}").definitions}
    mariadb = set(catalogue("mariadb10.11").definitions)
    assert postgres >= parameter_facts.POSTGRES_MODIFIABLE
    assert postgres >= set(parameter_facts.POSTGRES_DEFAULTS) | set(parameter_facts.RDS_ONLY_DEFAULTS)
    assert postgres >= parameter_facts.CLUSTER_ONLY
    assert mariadb >= parameter_facts.MARIADB_MODIFIABLE | set(parameter_facts.MARIADB_DEFAULTS)


@pytest.mark.parametrize(
    ("family", "name", "data_type", "allowed", "apply_type"),
    [
        ("postgres17", "autovacuum", "boolean", "0,1", "dynamic"),
        ("postgres17", "shared_buffers", "integer", "16-1073741823", "static"),
        ("postgres17", "random_page_cost", "float", "0-1.79769e+308", "dynamic"),
        ("postgres17", "synchronous_commit", "string", "local,remote_write,remote_apply,on,off", "dynamic"),
        ("postgres18", "max_connections", "integer", "1-262143", "static"),
        ("mariadb10.11", "innodb_flush_log_at_trx_commit", "integer", "0-3", "dynamic"),
        ("mariadb10.11", "performance_schema", "boolean", "0,1", "static"),
    ],
)
def test_types_bounds_and_apply_type_are_the_engines(
    family: str, name: str, data_type: str, allowed: str, apply_type: str
) -> None:
    found = parameters(Asking(), f"default.{family}", Filters=[{"Name": "parameter-name", "Values": [name]}])[name]
    assert (found["DataType"], found["AllowedValues"], found["ApplyType"]) == (data_type, allowed, apply_type)


def test_defaults_of_rds_are_told_unevaluated_and_tls_is_required_from_15() -> None:
    lab = Asking()
    seventeen = parameters(lab, "default.postgres17")
    assert seventeen["max_connections"]["ParameterValue"] == "LEAST({DBInstanceClassMemory/9531392},5000)"
    assert seventeen["max_connections"]["Source"] == "system"
    assert "ParameterValue" not in seventeen["work_mem"] and seventeen["work_mem"]["Source"] == "engine-default"
    assert seventeen["rds.force_ssl"]["ParameterValue"] == "1"
    assert parameters(lab, "default.postgres14")["rds.force_ssl"]["ParameterValue"] == "0"


def test_the_three_sources_together_are_the_whole_group() -> None:
    lab = grouped()
    set_to(lab, "work_mem", "65536")
    whole = parameters(lab, "mine")
    by_source = [parameters(lab, "mine", Source=source) for source in ("user", "system", "engine-default")]
    assert set(by_source[0]) == {"work_mem"}
    assert sum(map(len, by_source)) == len(whole)
    assert {**by_source[0], **by_source[1], **by_source[2]} == whole


def test_a_group_is_read_in_pages_of_at_most_100() -> None:
    first = Asking().ask("DescribeDBParameters", DBParameterGroupName="default.postgres18")
    assert len(first["Parameters"]) == 100 and "Marker" in first


@pytest.mark.parametrize(
    ("name", "value", "method", "says"),
    [
        ("wörk_mem", "1", "immediate", "Could not find parameter"),
        ("aurora_query_cache_size", "1", "immediate", "Could not find parameter"),
        ("work_mem", "63", "immediate", "allowed values"),
        ("work_mem", "2147483648", "immediate", "allowed values"),
        ("work_mem", "much", "immediate", "not of type integer"),
        ("work_mem", "1.5", "immediate", "not of type integer"),
        ("autovacuum", "perhaps", "immediate", "allowed values"),
        ("synchronous_commit", "sometimes", "immediate", "allowed values"),
        ("shared_buffers", "1000", "immediate", "immediate apply method for static"),
        ("shared_buffers", "{InstanceMemory/32768}", "pending-reboot", "InstanceMemory"),
        ("synchronous_commit", "{DBInstanceClassMemory/2}", "immediate", "formulas are for numbers"),
        ("data_directory", "x", "pending-reboot", "cannot be modified"),
    ],
)
def test_a_group_refuses_what_the_engine_or_rds_would(name: str, value: str, method: str, says: str) -> None:
    lab = grouped()
    with pytest.raises(AwsError, match=says):
        set_to(lab, name, value, method)
    assert parameters(lab, "mine", Source="user") == {}


@pytest.mark.parametrize("value", ["64", "2147483647", "{DBInstanceClassMemory/262144}"])
def test_a_group_takes_the_lowest_the_highest_and_a_formula(value: str) -> None:
    lab = grouped()
    set_to(lab, "work_mem", value)
    assert parameters(lab, "mine", Source="user")["work_mem"]["ParameterValue"] == value


def test_read_only_can_be_given_back_to_rds_and_nothing_else_takes_that_word() -> None:
    lab = grouped("mariadb10.11")
    set_to(lab, "read_only", "0")
    set_to(lab, "read_only", "{TrueIfReplica}")
    assert parameters(lab, "mine", Source="user")["read_only"]["ParameterValue"] == "{TrueIfReplica}"
    with pytest.raises(AwsError):
        set_to(lab, "autocommit", "{TrueIfReplica}")


def test_one_bad_parameter_in_a_call_changes_none() -> None:
    lab = grouped()
    good = {"ParameterName": "work_mem", "ParameterValue": "65536", "ApplyMethod": "immediate"}
    with pytest.raises(AwsError):
        lab.ask(
            "ModifyDBParameterGroup", DBParameterGroupName="mine", Parameters=[good, {**good, "ParameterName": "x"}]
        )
    assert parameters(lab, "mine", Source="user") == {}


@pytest.mark.parametrize("operation", ["ModifyDBParameterGroup", "ResetDBParameterGroup", "DeleteDBParameterGroup"])
def test_default_groups_cannot_be_changed(operation: str) -> None:
    asked: dict[str, Any] = {"DBParameterGroupName": "default.postgres17"}
    if operation != "DeleteDBParameterGroup":
        asked["Parameters"] = [{"ParameterName": "work_mem", "ParameterValue": "65536", "ApplyMethod": "immediate"}]
    with pytest.raises(AwsError) as refused:
        Asking().ask(operation, **asked)
    assert refused.value.code == "InvalidDBParameterGroupState"


def test_a_static_parameter_leaves_users_of_the_group_pending_reboot_and_a_dynamic_one_does_not() -> None:
    lab = grouped()
    lab.ask("CreateDBInstance", **instance("db1", EngineVersion="17.11", DBParameterGroupName="mine"))

    def status() -> str:
        (one,) = lab.ask("DescribeDBInstances")["DBInstances"]
        return str(one["DBParameterGroups"][0]["ParameterApplyStatus"])

    set_to(lab, "work_mem", "65536")
    assert status() == "in-sync"
    set_to(lab, "max_connections", "200", "pending-reboot")
    assert status() == "pending-reboot"


def test_reset_takes_one_or_all_of_the_changes_back() -> None:
    lab = grouped()
    set_to(lab, "work_mem", "65536")
    set_to(lab, "jit", "0")
    one = [{"ParameterName": "jit", "ApplyMethod": "immediate"}]
    lab.ask("ResetDBParameterGroup", DBParameterGroupName="mine", ResetAllParameters=False, Parameters=one)
    assert set(parameters(lab, "mine", Source="user")) == {"work_mem"}
    lab.ask("ResetDBParameterGroup", DBParameterGroupName="mine", ResetAllParameters=True)
    assert parameters(lab, "mine", Source="user") == {}


def test_a_group_in_use_is_not_deleted() -> None:
    lab = grouped()
    lab.ask("CreateDBInstance", **instance("db1", EngineVersion="17.11", DBParameterGroupName="mine"))
    with pytest.raises(AwsError, match="in use by db1"):
        lab.ask("DeleteDBParameterGroup", DBParameterGroupName="mine")
    lab.ask("DeleteDBInstance", DBInstanceIdentifier="db1", SkipFinalSnapshot=True)
    lab.ask("DeleteDBParameterGroup", DBParameterGroupName="mine")
    with pytest.raises(AwsError):
        lab.ask("DescribeDBParameterGroups", DBParameterGroupName="mine")


def test_a_clusters_group_holds_what_its_members_groups_do_not() -> None:
    lab = Asking()
    lab.ask("CreateDBCluster", **cluster(EngineVersion="17.9"))
    lab.ask("CreateDBInstance", **member("c1-a"))
    of_members = parameters(lab, "default.aurora-postgresql17")
    found = lab.all_of(
        "DescribeDBClusterParameters", "Parameters", DBClusterParameterGroupName="default.aurora-postgresql17"
    )
    of_cluster = {one["ParameterName"] for one in found}
    assert "rds.force_ssl" in of_cluster and "rds.force_ssl" not in of_members
    assert set(of_members) < of_cluster
