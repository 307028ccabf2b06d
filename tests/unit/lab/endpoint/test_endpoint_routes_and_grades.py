"""Which operation a path means, and the table of who answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from rdsops.lab.accounts import Accounts
from rdsops.lab.clock import Clock
from rdsops.lab.endpoint import models, rest_paths
from rdsops.lab.endpoint.behind import S3_OTHERWISE
from rdsops.lab.endpoint.contract import Answer, Service
from rdsops.lab.endpoint.grades import LEFT_OUT, MOTO, MOTO_REFUSED, MOTO_REFUSED_WHEN, WHOLE, Grade, Grades
from rdsops.lab.endpoint.sts import Sts


@pytest.mark.parametrize(
    ("service", "method", "target", "headers", "operation"),
    [
        ("s3", "GET", "/", {}, "ListBuckets"),
        ("s3", "GET", "/b", {}, "ListObjects"),
        ("s3", "GET", "/b/", {}, "ListObjects"),
        ("s3", "GET", "/b?list-type=2&prefix=x", {}, "ListObjectsV2"),
        ("s3", "GET", "/b?acl", {}, "GetBucketAcl"),
        ("s3", "GET", "/b/k/with/slashes", {}, "GetObject"),
        ("s3", "GET", "/b/k%2Fodd?tagging", {}, "GetObjectTagging"),
        ("s3", "PUT", "/b", {}, "CreateBucket"),
        ("s3", "PUT", "/b/k", {}, "PutObject"),
        ("s3", "PUT", "/b/k", {"HTTP_X_AMZ_COPY_SOURCE": "b/j"}, "CopyObject"),
        ("s3", "PUT", "/b/k?partNumber=1&uploadId=u", {}, "UploadPart"),
        ("s3", "PUT", "/b/k?partNumber=1&uploadId=u", {"HTTP_X_AMZ_COPY_SOURCE": "b/j"}, "UploadPartCopy"),
        ("s3", "POST", "/b?delete", {}, "DeleteObjects"),
        ("s3", "GET", "/b?analytics&id=1", {}, "GetBucketAnalyticsConfiguration"),
        ("route53", "GET", "/2013-04-01/hostedzone/Z1/rrset", {}, "ListResourceRecordSets"),
        ("route53", "POST", "/2013-04-01/hostedzone/Z1/rrset/", {}, "ChangeResourceRecordSets"),
        ("backup", "GET", "/backup-vaults/", {}, "ListBackupVaults"),
        ("backup", "GET", "/backup-vaults/a%2Fb", {}, "DescribeBackupVault"),
        ("dsql", "GET", "/cluster/abc", {}, "GetCluster"),
        ("dsql", "DELETE", "/nowhere", {}, None),
    ],
)
def test_a_path_means_its_operation(
    service: str, method: str, target: str, headers: dict[str, str], operation: str | None
) -> None:
    path, _, query = target.partition("?")
    environ = {"REQUEST_METHOD": method, "RAW_URI": target, "PATH_INFO": path, "QUERY_STRING": query, **headers}
    assert rest_paths.operation(service, environ) == operation


class Toy:
    def __init__(self, name: str, *operations: str) -> None:
        self.name = name
        self.answers: Mapping[str, Answer] = dict.fromkeys(operations, _nothing)


def _nothing(who: Any, asked: dict[str, Any]) -> dict[str, Any]:
    return {}


def test_own_answers_win_and_what_they_lack_is_refused_in_services_taken_whole() -> None:
    grades = Grades([Toy("rds", "DescribeDBInstances"), Toy("iam", "ListRoles")])
    assert grades.grade("rds", "DescribeDBInstances") is Grade.OWN
    assert grades.grade("rds", "DescribeDBClusters") is Grade.REFUSED
    assert grades.grade("pi", "GetResourceMetrics") is Grade.REFUSED
    assert grades.grade("iam", "ListRoles") is Grade.OWN
    assert grades.grade("iam", "ListUsers") is Grade.REFUSED, "an own service keeps a state of its own"
    assert grades.grade("kms", "ListKeys") is Grade.MOTO
    assert grades.grade("ssm", "SendCommand") is Grade.REFUSED
    assert grades.grade("health", "DescribeEvents") is Grade.REFUSED


@pytest.mark.parametrize(
    "services",
    [
        [Toy("rds"), Toy("rds")],
        [Toy("rds", "DescribeDBInstance")],
        [Toy("backup", "ListBackupVaults")],
        [Toy("nothing")],
    ],
)
def test_a_service_that_cannot_be_served_is_refused_at_once(services: list[Service]) -> None:
    with pytest.raises(ValueError, match=r"two services|no operation|speaks"):
        Grades(services)


def test_every_row_has_one_grade_and_says_why_it_is_refused_where_moto_has_not_got_it() -> None:
    rows = list(Grades([Sts(Accounts(Clock()))]).rows({"kms": frozenset({"ListKeys"})}))
    by_name = {(row.service, row.operation): row for row in rows}
    assert len(by_name) == len(rows)
    assert by_name["kms", "ListKeys"].grade is Grade.MOTO
    assert (by_name["kms", "Encrypt"].grade, by_name["kms", "Encrypt"].why) == (Grade.REFUSED, "moto has not got it")
    assert by_name["sts", "AssumeRole"].grade is Grade.OWN


def test_the_tables_name_operations_that_exist() -> None:
    named = [*MOTO_REFUSED, *MOTO_REFUSED_WHEN, *(("s3", operation) for operation in S3_OTHERWISE)]
    assert [each for each in named if models.operation_model(*each) is None] == []
    assert [service for service in {*MOTO, *WHOLE, *LEFT_OUT} if models.service_model(service) is None] == []
    assert not set(MOTO) & (WHOLE | set(LEFT_OUT))
