"""Each wire protocol, spoken by unmodified boto3 where it speaks it, and by botocore's own serializers where not."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from typing import Any

import botocore.parsers
import botocore.serialize
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from rdsops.lab.endpoint import models
from rdsops.lab.endpoint.server import Endpoint
from tests.lab.endpoint.conftest import AWAY, HOME, REGION, MakeClient
from tests.lab.endpoint.toys import BORN, ToyCloudWatch, ToyRds

START, END = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 1, 1, tzinfo=UTC)


def test_query_carries_every_kind_of_value(client: MakeClient) -> None:
    rds = client("rds")
    tags = [{"Key": "team", "Value": 'a<b & "c"\r\nd é'}, {"Key": "empty", "Value": ""}]
    rds.create_db_instance(
        DBInstanceIdentifier="orders-1",
        DBInstanceClass="db.r7g.large",
        Engine="postgres",
        AllocatedStorage=100,
        MultiAZ=True,
        Tags=tags,
    )
    [found] = rds.describe_db_instances()["DBInstances"]
    assert found == {
        "DBInstanceIdentifier": "orders-1",
        "DBInstanceClass": "db.r7g.large",
        "Engine": "postgres",
        "AllocatedStorage": 100,
        "MultiAZ": True,
        "InstanceCreateTime": BORN,
        "TagList": tags,
        "ReadReplicaDBInstanceIdentifiers": [],
    }


def test_query_reads_lists_filters_and_times(client: MakeClient, rds: ToyRds) -> None:
    client("rds").describe_events(
        SourceType="db-instance", StartTime=START, EventCategories=["failover", "failure"], Filters=[], MaxRecords=20
    )
    assert rds.asked == [
        {
            "SourceType": "db-instance",
            "StartTime": START,
            "EventCategories": ["failover", "failure"],
            "Filters": [],
            "MaxRecords": 20,
        }
    ]


def test_an_operation_without_output_answers_emptily(client: MakeClient) -> None:
    answer = client("rds").add_tags_to_resource(ResourceName="arn:x", Tags=[{"Key": "a", "Value": "b"}])
    assert set(answer) == {"ResponseMetadata"}
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-rdsops-lab-grade"] == "own"


def test_a_wire_code_that_differs_from_the_shape_arrives_as_the_right_class_and_status(client: MakeClient) -> None:
    rds = client("rds")
    with pytest.raises(rds.exceptions.DBInstanceNotFoundFault) as caught:
        rds.describe_db_instances(DBInstanceIdentifier="absent")
    assert caught.value.response["Error"]["Code"] == "DBInstanceNotFound"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_shape_name_is_turned_into_its_wire_code(client: MakeClient) -> None:
    rds = client("rds")
    with pytest.raises(rds.exceptions.InvalidDBInstanceStateFault) as caught:
        rds.delete_db_instance(DBInstanceIdentifier="orders-1")
    assert caught.value.response["Error"]["Code"] == "InvalidDBInstanceState"


def test_pages_go_to_the_end_and_a_bad_marker_is_refused(client: MakeClient, rds: ToyRds) -> None:
    rds.instances[HOME, REGION] = {f"i{n:03}": {"DBInstanceIdentifier": f"i{n:03}"} for n in range(250)}
    pages = list(client("rds").get_paginator("describe_db_instances").paginate())
    assert [len(page["DBInstances"]) for page in pages] == [100, 100, 50]
    assert len({i["DBInstanceIdentifier"] for page in pages for i in page["DBInstances"]}) == 250
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        client("rds").describe_db_instances(Marker="aGVsbG8=")
    with pytest.raises(ClientError, match="Must be between 20 and 100"):
        client("rds").describe_db_instances(MaxRecords=7)


def test_json_carries_maps_times_and_typed_errors(client: MakeClient) -> None:
    pi = client("pi")
    answer = pi.get_resource_metrics(
        ServiceType="RDS", Identifier="db-ABC", StartTime=START, EndTime=END, MetricQueries=[{"Metric": "db.load.avg"}]
    )
    assert answer["AlignedStartTime"] == START
    [metric] = answer["MetricList"]
    assert metric["Key"] == {"Metric": "db.load.avg", "Dimensions": {"db.wait_event.name": "CPU"}}
    assert metric["DataPoints"] == [{"Timestamp": START, "Value": 1.25}]
    with pytest.raises(pi.exceptions.NotAuthorizedException):
        pi.get_resource_metrics(
            ServiceType="RDS",
            Identifier="db-X",
            StartTime=START,
            EndTime=END,
            MetricQueries=[{"Metric": "db.load.avg"}],
        )


def test_ec2_values_come_back_and_accounts_and_regions_stay_apart(client: MakeClient) -> None:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24", AvailabilityZone=f"{REGION}b")["Subnet"]
    assert subnet["AvailabilityZone"] == f"{REGION}b"
    assert subnet["OwnerId"] == HOME
    [found] = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert (found["CidrBlock"], found["OwnerId"], found["IsDefault"]) == ("10.77.0.0/16", HOME, False)
    for elsewhere in (client("ec2", account=AWAY), client("ec2", region="us-east-1")):
        with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
            elsewhere.describe_vpcs(VpcIds=[vpc])


def test_json_by_moto_keeps_secrets_of_accounts_and_regions_apart(client: MakeClient) -> None:
    here = client("secretsmanager")
    made = here.create_secret(Name="apart", SecretString='{"password":"x"}')
    assert made["ARN"].startswith(f"arn:aws:secretsmanager:{REGION}:{HOME}:secret:apart-")
    assert here.get_secret_value(SecretId="apart")["SecretString"] == '{"password":"x"}'
    for elsewhere in (client("secretsmanager", account=AWAY), client("secretsmanager", region="us-east-1")):
        with pytest.raises(elsewhere.exceptions.ResourceNotFoundException):
            elsewhere.get_secret_value(SecretId="apart")


def test_rest_json_values_come_back(client: MakeClient) -> None:
    backup = client("backup")
    made = backup.create_backup_vault(BackupVaultName="vault-1", BackupVaultTags={"team": "dba"})
    assert made["BackupVaultArn"] == f"arn:aws:backup:{REGION}:{HOME}:backup-vault:vault-1"
    assert backup.describe_backup_vault(BackupVaultName="vault-1")["BackupVaultName"] == "vault-1"
    assert backup.list_tags(ResourceArn=made["BackupVaultArn"])["Tags"] == {"team": "dba"}
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        client("backup", account=AWAY).describe_backup_vault(BackupVaultName="vault-1")


def test_rest_xml_values_come_back(client: MakeClient) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="wire-1", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="wire-1", Key="a dir/ö+1.txt", Body=b"\x00binary" * 1000, Metadata={"with_underscore": "1"})
    got = s3.get_object(Bucket="wire-1", Key="a dir/ö+1.txt")
    assert got["Body"].read() == b"\x00binary" * 1000
    assert got["Metadata"] == {"with_underscore": "1"}
    assert s3.head_object(Bucket="wire-1", Key="a dir/ö+1.txt")["ContentLength"] == 7000
    assert [o["Key"] for o in s3.list_objects_v2(Bucket="wire-1")["Contents"]] == ["a dir/ö+1.txt"]
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="wire-1", Key="absent")


def test_rest_xml_routes_by_query_and_header(client: MakeClient, endpoint: Endpoint) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="wire-2", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="wire-2", Key="a", Body=b"1")
    s3.copy_object(Bucket="wire-2", Key="b", CopySource="wire-2/a")
    s3.put_bucket_versioning(Bucket="wire-2", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="wire-2")["Status"] == "Enabled"
    upload = s3.create_multipart_upload(Bucket="wire-2", Key="c")["UploadId"]
    part = s3.upload_part(Bucket="wire-2", Key="c", UploadId=upload, PartNumber=1, Body=b"x")
    s3.complete_multipart_upload(
        Bucket="wire-2", Key="c", UploadId=upload, MultipartUpload={"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    )
    assert s3.get_object(Bucket="wire-2", Key="c")["Body"].read() == b"x"
    counted = endpoint.gate.calls_by_action()
    for operation in ("CreateBucket", "CopyObject", "PutBucketVersioning", "UploadPart", "CompleteMultipartUpload"):
        assert counted[f"s3:{operation}"] == 1, operation
    assert counted["s3:PutObject"] == 1


def test_route53_answers_and_refuses_an_unknown_zone_by_class(client: MakeClient) -> None:
    route53 = client("route53")
    zone = route53.create_hosted_zone(Name="lab.internal.", CallerReference="one")["HostedZone"]["Id"]
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={
            "Changes": [
                {
                    "Action": "UPSERT",
                    "ResourceRecordSet": {
                        "Name": "db.lab.internal.",
                        "Type": "CNAME",
                        "TTL": 5,
                        "ResourceRecords": [{"Value": "writer.example.com"}],
                    },
                }
            ]
        },
    )
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert ("db.lab.internal.", 5) in [(r["Name"], r["TTL"]) for r in records if r["Type"] == "CNAME"]
    with pytest.raises(route53.exceptions.NoSuchHostedZone):
        route53.get_hosted_zone(Id="ZABSENT")


# -- rpc-v2-cbor, and CloudWatch alike in its three protocols

PROTOCOLS = ("query", "json", "smithy-rpc-v2-cbor")
QUESTION = {
    "MetricDataQueries": [
        {
            "Id": "cpu",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/RDS",
                    "MetricName": "CPUUtilization",
                    "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "orders-1"}],
                },
                "Period": 60,
                "Stat": "p99",
            },
            "ReturnData": True,
        }
    ],
    "StartTime": START,
    "EndTime": END,
}


def ask(endpoint: Endpoint, protocol: str, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """One call of cloudwatch written and parsed by botocore in a protocol of our choice: status and answer."""
    model = models.known_operation("cloudwatch", operation)
    request = botocore.serialize.create_serializer(protocol, include_validation=False).serialize_to_request(
        asked, model
    )
    body = request["body"]
    if isinstance(body, dict):
        body = urllib.parse.urlencode(body)
    credential = f"{HOME}/20260501/{REGION}/monitoring/aws4_request"
    sent = urllib.request.Request(
        endpoint.url + request["url_path"],
        data=body.encode() if isinstance(body, str) else body,
        headers={
            **request["headers"],
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
            "x-amzn-query-mode": "true",
        },
    )
    try:
        with urllib.request.urlopen(sent, timeout=20) as got:
            status, headers, answer = got.status, got.headers, got.read()
    except urllib.error.HTTPError as refused:
        with refused:
            status, headers, answer = refused.code, refused.headers, refused.read()
    lowered = {name.lower(): value for name, value in headers.items()}
    parsed = botocore.parsers.create_parser(protocol).parse(
        {"status_code": status, "headers": lowered, "body": answer}, model.output_shape
    )
    parsed.pop("ResponseMetadata")
    return status, parsed


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_cloudwatch_answers_alike_in_each_protocol(endpoint: Endpoint, protocol: str) -> None:
    status, answer = ask(endpoint, protocol, "GetMetricData", QUESTION)
    assert status == 200
    assert answer == {
        "MetricDataResults": [
            {
                "Id": "cpu",
                "Label": "CPUUtilization",
                "Timestamps": [START, END],
                "Values": [0.1, 1e300],
                "StatusCode": "Complete",
            }
        ],
        "Messages": [],
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_cloudwatch_is_asked_alike_in_each_protocol(
    endpoint: Endpoint, cloudwatch: ToyCloudWatch, protocol: str
) -> None:
    datum = {"MetricName": "Lag", "Value": 3.0, "Timestamp": START, "Unit": "Milliseconds", "StorageResolution": 60}
    ask(endpoint, protocol, "PutMetricData", {"Namespace": "lab", "MetricData": [datum, {**datum, "Value": 4.5}]})
    assert cloudwatch.put == [{"Namespace": "lab", "MetricData": [datum, {**datum, "Value": 4.5}]}]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("operation", "asked", "code", "status"),
    [
        ("DescribeAlarms", {}, "InvalidNextToken", 400),
        ("GetDashboard", {"DashboardName": "x"}, "ResourceNotFound", 404),
        ("GetMetricData", {**QUESTION, "ScanBy": "Sideways"}, "InvalidParameterValue", 400),
        ("GetMetricData", {"StartTime": START, "EndTime": END}, "MissingParameter", 400),
    ],
)
def test_cloudwatch_refuses_alike_in_each_protocol(
    endpoint: Endpoint, protocol: str, operation: str, asked: dict[str, Any], code: str, status: int
) -> None:
    got, answer = ask(endpoint, protocol, operation, asked)
    assert (answer["Error"]["Code"], got) == (code, status)


def test_boto3_gets_the_class_of_a_cloudwatch_error(client: MakeClient) -> None:
    cloudwatch = client("cloudwatch")
    with pytest.raises(cloudwatch.exceptions.InvalidNextToken):
        cloudwatch.describe_alarms()


def test_gzipped_bodies_are_read(client: MakeClient, cloudwatch: ToyCloudWatch) -> None:
    data = [{"MetricName": f"m{n}", "Value": float(n)} for n in range(500)]
    client("cloudwatch", request_min_compression_size_bytes=1).put_metric_data(Namespace="lab", MetricData=data)
    assert cloudwatch.put[0]["MetricData"] == data


# -- what is not emulated, and what breaks


@pytest.mark.parametrize(
    ("service", "method", "arguments", "code"),
    [
        ("rds", "describe_db_proxies", {}, "InvalidAction"),
        ("ec2", "describe_verified_access_groups", {}, "InvalidAction"),
        ("pi", "list_available_resource_metrics", {"ServiceType": "RDS", "Identifier": "x", "MetricTypes": ["os"]}, ""),
        ("cloudwatch", "list_metric_streams", {}, ""),
        ("pricing", "describe_services", {}, ""),
        ("health", "describe_events", {}, ""),
        ("backup", "list_backup_jobs", {}, ""),
        (
            "rds-data",
            "execute_statement",
            {"resourceArn": "arn:aws:rds:x", "secretArn": "arn:aws:rds", "sql": "1"},
            "",
        ),
        ("route53", "list_cidr_collections", {}, ""),
        ("s3", "get_bucket_analytics_configuration", {"Bucket": "wire-1", "Id": "x"}, ""),
        ("cloudformation", "list_stacks", {}, "InvalidAction"),
        ("lambda", "list_functions", {}, ""),
        ("logs", "start_query", {"startTime": 0, "endTime": 1, "queryString": "stats"}, ""),
        (
            "sns",
            "subscribe",
            {"TopicArn": "t", "Protocol": "https", "Endpoint": "https://x"},
            "InvalidAction",
        ),
    ],
)
def test_what_is_not_emulated_is_refused_by_name_in_one_try(
    client: MakeClient, endpoint: Endpoint, service: str, method: str, arguments: dict[str, Any], code: str
) -> None:
    asking = client(service, attempts=5)
    operation = asking.meta.method_to_api_mapping[method]
    with pytest.raises(ClientError) as caught:
        getattr(asking, method)(**arguments)
    answer = caught.value.response
    assert answer["Error"]["Code"] == (code or "UnknownOperationException")
    assert answer["Error"]["Message"].startswith(f"rdsops lab: not emulated: {service}:{operation}")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-rdsops-lab-grade"] == "refused"
    assert endpoint.gate.calls_by_action()[f"{service}:{operation}"] == 1


def test_a_service_nobody_knows_is_refused_in_json(endpoint: Endpoint) -> None:
    sent = urllib.request.Request(
        endpoint.url,
        data=b"{}",
        headers={
            "X-Amz-Target": "Thing.DoIt",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={HOME}/20260501/{REGION}/things/aws4_request",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sent, timeout=20)
    with caught.value as refused:
        assert refused.code == 400
        assert json.loads(refused.read())["__type"] == "UnknownOperationException"


@pytest.mark.parametrize("method", ["describe_db_engine_versions", "describe_certificates"])
def test_a_defect_of_ours_is_a_parseable_500_with_its_trace_in_the_log(
    client: MakeClient, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    try:
        getattr(client("rds"), method)()
    except ResponseParserError:
        pytest.fail("the 500 could not be parsed")
    except ClientError as caught:
        response = caught.response
    assert response["Error"]["Code"] == "InternalFailure"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert response["ResponseMetadata"]["RequestId"] in response["Error"]["Message"]
    [trace] = [record for record in caplog.records if record.exc_info]
    assert response["ResponseMetadata"]["RequestId"] in trace.getMessage()


def test_the_log_holds_no_parameter(client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="rdsops.lab.endpoint"):
        client("rds").create_db_instance(
            DBInstanceIdentifier="x", DBInstanceClass="c", Engine="e", MasterUserPassword="hunter2hunter2"
        )
        client("secretsmanager").create_secret(Name="logged", SecretString="hunter2hunter2")
    ours = [record.getMessage() for record in caplog.records if record.name == "rdsops.lab.endpoint"]
    assert any("asked=rds:CreateDBInstance status=200" in line for line in ours)
    assert "hunter2" not in caplog.text


# -- what the server checks itself


@pytest.mark.parametrize(
    ("form", "code", "word"),
    [
        ("Action=DeleteDBInstance", "MissingParameter", "DBInstanceIdentifier"),
        ("Action=DescribeEvents&SourceType=db-thing", "InvalidParameterValue", "db-thing"),
        ("Action=DescribeDBInstances&MaxRecords=many", "MalformedInput", "MaxRecords"),
        ("Action=DescribeDBInstances&Colour=blue", "InvalidParameterValue", "Colour"),
        ("Action=DescribeDBInstances&Filters.Filter.one.Name=x", "MalformedInput", "Filters"),
        ("Action=DescribeDBInstances&Filters.Filter.1.Name=x", "MissingParameter", "Values"),
        ("Action=Nonsense", "InvalidAction", "Nonsense"),
        ("Version=2014-10-31", "MissingAction", "Action"),
    ],
)
def test_a_query_that_boto3_would_not_send_is_refused_by_name(
    endpoint: Endpoint, form: str, code: str, word: str
) -> None:
    sent = urllib.request.Request(
        endpoint.url,
        data=form.encode(),
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={HOME}/20260501/{REGION}/rds/aws4_request"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(sent, timeout=20)
    with caught.value as refused:
        parsed = botocore.parsers.create_parser("query").parse(
            {"status_code": refused.code, "headers": {}, "body": refused.read()}, None
        )
    assert refused.code == 400
    assert parsed["Error"]["Code"] == code
    assert word in parsed["Error"]["Message"]
