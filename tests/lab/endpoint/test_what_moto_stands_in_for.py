"""Moto's services as a survey and its seeding use them, held on values: what moto is trusted with."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from rdsops.lab.endpoint.behind import implemented, moto_backend
from rdsops.lab.endpoint.grades import MOTO, Grade
from rdsops.lab.endpoint.server import Endpoint
from tests.lab.endpoint.conftest import AWAY, HOME, REGION, MakeClient

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "monitoring.rds.amazonaws.com"}}
        ],
    }
)

READS = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "rds:*", "Resource": "*"}]})


def test_iam_roles_and_policies_belong_to_their_account(client: MakeClient) -> None:
    iam = client("iam")
    role = iam.create_role(RoleName="rds-monitoring", AssumeRolePolicyDocument=TRUST)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{HOME}:role/rds-monitoring"
    policy = iam.create_policy(PolicyName="reads", PolicyDocument=READS)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="rds-monitoring", PolicyArn=policy)
    attached = iam.list_attached_role_policies(RoleName="rds-monitoring")["AttachedPolicies"]
    assert attached == [{"PolicyName": "reads", "PolicyArn": policy}]
    assert iam.get_role(RoleName="rds-monitoring")["Role"]["AssumeRolePolicyDocument"] == json.loads(TRUST)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        client("iam", account=AWAY).get_role(RoleName="rds-monitoring")


def test_a_role_that_trusts_a_service_lets_no_account_in(client: MakeClient) -> None:
    client("iam").create_role(RoleName="for-a-service", AssumeRolePolicyDocument=TRUST)
    sts = client("sts")
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=f"arn:aws:iam::{HOME}:role/for-a-service", RoleSessionName="me")


def test_security_groups_keep_their_rules(client: MakeClient) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="db", Description="d", VpcId=vpc)["GroupId"]
    world = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[world])
    [found] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    [rule] = found["IpPermissions"]
    assert (rule["FromPort"], rule["ToPort"], [r["CidrIp"] for r in rule["IpRanges"]]) == (5432, 5432, ["0.0.0.0/0"])
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert ("0.0.0.0/0", gateway) in [(r["DestinationCidrBlock"], r.get("GatewayId")) for r in routes]


def test_kms_keys_rotate_and_encrypt(client: MakeClient) -> None:
    kms = client("kms")
    key = kms.create_key(Description="db")["KeyMetadata"]
    assert key["Arn"] == f"arn:aws:kms:{REGION}:{HOME}:key/{key['KeyId']}"
    kms.create_alias(AliasName="alias/db", TargetKeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is True
    sealed = kms.encrypt(KeyId="alias/db", Plaintext=b"\x00secret")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"\x00secret"


def test_messages_go_from_topic_to_queue(client: MakeClient) -> None:
    sns, sqs = client("sns"), client("sqs")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    assert topic == f"arn:aws:sns:{REGION}:{HOME}:alarms"
    queue = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="failover", Subject="s")
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=2)["Messages"]
    assert json.loads(message["Body"])["Message"] == "failover"


def test_log_events_are_kept_in_order(client: MakeClient) -> None:
    logs = client("logs")
    now_ms = int(time.time() * 1000)
    group = "/aws/rds/instance/orders-1/postgresql"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    events = [{"timestamp": now_ms + n, "message": f"line {n}"} for n in range(3)]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    got = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)["events"]
    assert [(e["timestamp"], e["message"]) for e in got] == [(e["timestamp"], e["message"]) for e in events]
    assert [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]] == [group]


def test_rules_of_the_event_bus_have_their_targets(client: MakeClient) -> None:
    events = client("events")
    pattern = json.dumps({"source": ["aws.rds"]})
    events.put_rule(Name="rds", EventPattern=pattern)
    events.put_targets(Rule="rds", Targets=[{"Id": "1", "Arn": f"arn:aws:sns:{REGION}:{HOME}:alarms"}])
    assert events.describe_rule(Name="rds")["EventPattern"] == pattern
    assert [t["Id"] for t in events.list_targets_by_rule(Rule="rds")["Targets"]] == ["1"]


def test_parameters_of_ssm_have_versions(client: MakeClient) -> None:
    ssm = client("ssm")
    ssm.put_parameter(Name="/lab/db", Value="a", Type="String")
    ssm.put_parameter(Name="/lab/db", Value="b", Type="String", Overwrite=True)
    found = ssm.get_parameter(Name="/lab/db")["Parameter"]
    assert (found["Value"], found["Version"]) == ("b", 2)


def test_replicas_scale_by_registered_targets(client: MakeClient) -> None:
    scaling = client("application-autoscaling")
    scaling.register_scalable_target(
        ServiceNamespace="rds",
        ResourceId="cluster:orders",
        ScalableDimension="rds:cluster:ReadReplicaCount",
        MinCapacity=1,
        MaxCapacity=5,
    )
    [target] = scaling.describe_scalable_targets(ServiceNamespace="rds")["ScalableTargets"]
    assert (target["ResourceId"], target["MinCapacity"], target["MaxCapacity"]) == ("cluster:orders", 1, 5)
    assert (
        client("application-autoscaling", account=AWAY).describe_scalable_targets(ServiceNamespace="rds")[
            "ScalableTargets"
        ]
        == []
    )


def test_an_organization_lists_its_accounts(client: MakeClient) -> None:
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="second", Email="second@example.com")
    assert {a["Name"] for a in organizations.list_accounts()["Accounts"]} == {"master", "second"}
    assert organizations.describe_organization()["Organization"]["MasterAccountId"] == HOME


def test_a_dsql_cluster_is_made_and_found(client: MakeClient) -> None:
    dsql = client("dsql", region="us-east-1")
    made = dsql.create_cluster(deletionProtectionEnabled=True)
    found = dsql.get_cluster(identifier=made["identifier"])
    assert (found["arn"], found["deletionProtectionEnabled"]) == (made["arn"], True)


def test_what_was_seeded_in_process_is_seen_over_the_wire(client: MakeClient) -> None:
    vpc: Any = moto_backend("ec2", AWAY, "us-east-1").create_vpc("10.9.0.0/16")
    [found] = client("ec2", account=AWAY, region="us-east-1").describe_vpcs(VpcIds=[vpc.id])["Vpcs"]
    assert (found["CidrBlock"], found["OwnerId"]) == ("10.9.0.0/16", AWAY)


def test_the_table_counts_what_moto_has(endpoint: Endpoint) -> None:
    rows = list(endpoint.grades.rows({service: implemented(service) for service in MOTO}))
    by_moto = {row.service for row in rows if row.grade is Grade.MOTO}
    assert by_moto == set(MOTO)
    assert all(row.why for row in rows if row.grade is Grade.REFUSED and row.service in MOTO)
