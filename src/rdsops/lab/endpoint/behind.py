"""The way to moto: loaded late, entered as the right account and region, and never left to answer in HTML.

moto stands in for the services around the databases. Nothing of it is imported before the first request that needs it.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any

from rdsops.lab.accounts import Principal, Role
from rdsops.lab.endpoint import models
from rdsops.lab.endpoint.grades import MOTO, not_emulated
from rdsops.lab.endpoint.refusals import Reply
from rdsops.lab.endpoint.wire import Request

WORTH_PRELOADING: tuple[str, ...] = ("iam", "ec2", "secretsmanager", "kms", "sns", "organizations")
"""What a survey asks of moto; ec2 takes 1 s of the 1.5 s (measured 2026-11-23), the rest little once moto is there."""

S3_OTHERWISE: frozenset[str] = frozenset(
    {
        "CompleteMultipartUpload",
        "CreateBucket",
        "CreateMultipartUpload",
        "DeleteObjects",
        "GetBucketLifecycleConfiguration",
        "GetBucketNotificationConfiguration",
        "GetBucketTagging",
        "ListBuckets",
        "PutBucketAcl",
        "PutBucketCors",
        "PutBucketEncryption",
        "PutBucketLifecycleConfiguration",
        "PutBucketLogging",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketTagging",
        "PutBucketVersioning",
        "PutObjectLockConfiguration",
        "PutPublicAccessBlock",
    }
)
"""What moto's s3 has inside other methods, where looking for names misses it (read: moto 5.2.5, 2026-11-23)."""

_loading = threading.RLock()
"""Held while moto is imported: two threads in its circular imports would see half of a module."""


class Moto:
    """moto's own WSGI program, entered with a caller that we have already recognised."""

    def __init__(self) -> None:
        self._app: Any = None

    def answer(self, request: Request, who_account: str, environ: dict[str, Any]) -> Reply:
        """moto's answer. Raises AwsError when moto does not have the operation."""
        if request.operation not in implemented(request.service):
            raise not_emulated(request.service, request.operation)
        regions = _backends(request.service)[who_account]
        if request.scope.region not in regions and "aws" not in regions:
            raise not_emulated(request.service, request.operation, f"moto has none in {request.scope.region}")
        status, headers, body = self._enter(_as(request, who_account, environ), request)
        kind = next((value for name, value in headers if name.lower() == "content-type"), "")
        if status >= 400 and kind.startswith("text/html") and not body.lstrip().startswith(_TYPED):
            raise not_emulated(request.service, request.operation, f"moto answered {status} without a typed error")
        ours = _OURS - {"content-length"} if environ["REQUEST_METHOD"] == "HEAD" else _OURS
        kept = [(name, value) for name, value in headers if name.lower() not in ours]
        return Reply(status, body, kind, tuple(kept))

    def _enter(self, environ: dict[str, Any], request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        said: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            said[:] = [int(status.split(" ", 1)[0]), headers]
            return lambda text: None

        try:
            answer = self._program()(environ, start)
            try:
                body = b"".join(answer)
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        except NotImplementedError as missing:
            raise not_emulated(request.service, request.operation, str(missing)[:200]) from missing
        return said[0], said[1], body

    def _program(self) -> Any:
        if self._app is None:
            with _loading:
                if self._app is None:
                    os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # 1,300 images a region, never asked
                    app = importlib.import_module("moto.moto_server.werkzeug_app")
                    self._app = app.DomainDispatcherApplication(app.create_backend_app)
        return self._app

    def preload(self, services: Iterable[str] = WORTH_PRELOADING) -> threading.Thread:
        """Load moto and these services' state in a thread of its own, so that no request waits for imports."""

        def load() -> None:
            self._program()
            for service in services:
                implemented(service)

        thread = threading.Thread(target=load, name="rdsops-lab-preload", daemon=True)
        thread.start()
        return thread


def moto_backend(service: str, account: str, region: str) -> Any:
    """moto's state of one service in one account and region, to seed without HTTP (global services: any region)."""
    found = _backends(service)[account]
    return found[region] if region in found else found["aws"]


@cache
def implemented(service: str) -> frozenset[str]:
    """The operations that moto has code for: by the methods of its response classes. Imports moto."""
    if service not in MOTO:
        return frozenset()
    with _loading:
        urls = importlib.import_module(f"{_package(service)}.urls")
        spelled = importlib.import_module("moto.core.utils").camelcase_to_underscores
    owners = [getattr(handler, "__self__", None) for handler in urls.url_paths.values()]
    classes = {owner if isinstance(owner, type) else type(owner) for owner in owners if owner is not None}
    model = models.service_model(service)
    assert model is not None, service
    found = {name for name in model.operation_names if any(hasattr(each, spelled(name)) for each in classes)}
    return frozenset(found | S3_OTHERWISE if service == "s3" else found)


def _package(service: str) -> str:
    """The package of moto that holds a service."""
    module: str = _backends(service)["123456789012"].backend.__module__
    return module.partition(".models")[0]


def role_made_by_api(arn: str) -> Role | None:
    """A role that somebody made through moto's IAM, with the principals that its trust policy allows."""
    parts = arn.split(":", 5)
    if not _is_loaded("iam") or len(parts) != 6 or not parts[5].startswith("role/"):
        return None
    for role in list(moto_backend("iam", parts[4], "aws").roles.values()):
        if role.arn == arn:
            return Role(parts[4], parts[5].removeprefix("role/"), _trusted(role.assume_role_policy_document))
    return None


def user_with_key(key_id: str) -> Principal | None:
    """The user whose access key was made through moto's IAM."""
    if not _is_loaded("iam"):
        return None
    for account, by_partition in list(_backends("iam").items()):
        for backend in list(by_partition.values()):
            for user in list(backend.users.values()):
                if any(key.access_key_id == key_id for key in user.access_keys):
                    return Principal(account, user.arn, user.id)
    return None


def _trusted(document: Any) -> tuple[str, ...]:
    """Principals that may assume a role, by its trust policy; a statement with a condition trusts nobody."""
    said = json.loads(document) if isinstance(document, str) else document
    statements = said.get("Statement", [])
    found: list[str] = []
    for each in statements if isinstance(statements, list) else [statements]:
        principal = each.get("Principal", {})
        listed = principal.get("AWS", []) if isinstance(principal, dict) else [principal]
        names = listed if isinstance(listed, list) else [listed]
        if each.get("Effect") == "Deny":
            return ()
        if not each.get("Condition"):
            found.extend(names)
    return tuple(found)


def _is_loaded(service: str) -> bool:
    return f"moto.{service}.models" in sys.modules


def _backends(service: str) -> Any:
    with _loading:
        return importlib.import_module("moto.backends").get_backend(service)


_TYPED = (b"<?xml", b"<Error", b"<Response", b"{")
"""How the errors begin that a client can parse; moto gives some of them the content type of HTML."""
_OURS = frozenset(
    {"connection", "content-length", "content-type", "date", "status", "transfer-encoding", "x-amzn-requestid"}
)
_SPELT = "moto.preserved_header_names"
_REGION_IN_AGENT = re.compile(r"region/\S+")


def _as(request: Request, account: str, environ: dict[str, Any]) -> dict[str, Any]:
    """The request so that moto reads account and region right: from a header, and from the signature."""
    scope = request.scope
    entered = dict(environ)
    entered["HTTP_X_MOTO_ACCOUNT_ID"] = account
    entered["HTTP_USER_AGENT"] = _REGION_IN_AGENT.sub("", environ.get("HTTP_USER_AGENT", ""))
    entered["HTTP_AUTHORIZATION"] = (
        f"AWS4-HMAC-SHA256 Credential={_twenty(scope.key_id)}/{scope.date}/{scope.region}/{scope.signing_name}"
        "/aws4_request, SignedHeaders=host, Signature=checked-by-nobody"
    )
    entered[_SPELT] = {
        "HTTP_" + name.upper().replace("-", "_"): name for name, _ in environ.get("rdsops.headers", ()) if "_" in name
    }
    return entered


def _twenty(key_id: str) -> str:
    """An access key id of the length that moto looks for.

    >>> _twenty("111122223333")
    'AKIALAB0111122223333'
    """
    return key_id if len(key_id) == 20 else f"AKIALAB0{key_id[:12]:0>12}"
