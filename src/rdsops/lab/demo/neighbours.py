"""Seeds the services around the demo fleet (EC2, KMS, Secrets Manager, SNS) in moto's state, without HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from rdsops.core.ids import Place
from rdsops.lab.demo.ground import MAIN, PLACES, Ground, Neighbours
from rdsops.lab.engines.spec import Running
from rdsops.lab.rds.surroundings import Network, Subnet

Backend: TypeAlias = Callable[[str, str, str], Any]
"""(service, account, region) -> moto's state of it, as `endpoint.behind.moto_backend`."""

ENGINES = {"postgres": "postgres", "mariadb": "mariadb"}
PORTS = (0, 65535)
"""What the groups let in: engines of a lab listen on free ports, not on 5432."""


def seed_neighbours(backend: Backend, running: Mapping[str, Running]) -> Neighbours:
    """Makes network, keys, topics and the master secrets. Passwords go into Secrets Manager and nowhere else."""
    return Neighbours(seed_grounds(backend), seed_secrets(backend, running))


def seed_grounds(backend: Backend) -> dict[Place, Ground]:
    """The part that needs no engine: network, keys and topic of every place."""
    return {place: _ground(backend, place) for place in PLACES}


class MotoSurroundings:
    """The lab's RDS beside moto: its subnets are EC2's, its managed passwords lie in Secrets Manager."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def network(self, place: Place) -> Network:
        """The default VPC of an account and region."""
        ec2 = self._backend("ec2", place.account, place.region)
        vpc = next(one for one in ec2.vpcs.values() if one.is_default in (True, "true"))
        found = [one for one in self._subnets(place) if one.vpc == vpc.id]
        group = next(one for one in ec2.groups[vpc.id].values() if one.name == "default")
        return Network(vpc.id, tuple(sorted(found, key=lambda one: one.zone)), str(group.id))

    def subnet(self, place: Place, name: str) -> Subnet | None:
        return next((one for one in self._subnets(place) if one.id == name), None)

    def keep_secret(self, place: Place, name: str, text: str) -> str:
        return _secret(self._backend, place, name, text)

    def _subnets(self, place: Place) -> list[Subnet]:
        ec2 = self._backend("ec2", place.account, place.region)
        return [
            Subnet(one.id, one.availability_zone, one.vpc_id) for zone in ec2.subnets.values() for one in zone.values()
        ]


def _ground(backend: Backend, place: Place) -> Ground:
    ec2 = backend("ec2", place.account, place.region)
    kms = backend("kms", place.account, place.region)
    vpc = ec2.create_vpc("10.20.0.0/16", tags=[{"Key": "Name", "Value": "databases"}])
    zones = [place.region + letter for letter in "abc"]
    private = [
        ec2.create_subnet(vpc.id, f"10.20.{number}.0/24", availability_zone=zone).id
        for number, zone in enumerate(zones)
    ]
    public = [
        ec2.create_subnet(vpc.id, f"10.20.{100 + number}.0/24", availability_zone=zone).id
        for number, zone in enumerate(zones)
    ]
    gateway = ec2.create_internet_gateway()
    ec2.attach_internet_gateway(gateway.id, vpc.id)
    routes = ec2.create_route_table(vpc.id)
    ec2.create_route(routes.id, "0.0.0.0/0", gateway_id=gateway.id)
    for subnet in public:
        ec2.associate_route_table(routes.id, subnet_id=subnet)
    return Ground(
        vpc=vpc.id,
        private=tuple(private),
        public=tuple(public),
        closed_group=_group(ec2, vpc.id, "databases", "the VPC's own addresses", "10.20.0.0/16"),
        open_group=_group(ec2, vpc.id, "temporary-open", "opened for a migration in 2024", "0.0.0.0/0"),
        key=_key(kms, "databases").arn,
        aws_key=_aws_key(kms),
        doomed_key=_doomed_key(kms),
        topic=backend("sns", place.account, place.region).create_topic("dba-alerts").arn,
    )


def _group(ec2: Any, vpc: str, name: str, description: str, source: str) -> str:
    group = ec2.create_security_group(name, description, vpc)
    first, last = map(str, PORTS)
    ec2.authorize_security_group_ingress(group.id, "tcp", first, last, [{"CidrIp": source}], vpc_id=vpc)
    return str(group.id)


def _key(kms: Any, description: str) -> Any:
    return kms.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", description, None)


def _aws_key(kms: Any) -> str:
    """The key that AWS makes for RDS when the customer names none."""
    key = _key(kms, "Default key that protects my RDS database volumes when no other key is defined")
    key.key_manager = "AWS"
    return str(key.arn)


def _doomed_key(kms: Any) -> str:
    key = _key(kms, "reporting, 2023")
    kms.schedule_key_deletion(key.id, 14)
    return str(key.arn)


def seed_secrets(backend: Backend, running: Mapping[str, Running]) -> dict[str, str]:
    """One secret a writer; the cluster's is named after the cluster."""
    kept = {}
    for name, engine in running.items():
        if engine.spec.follows is not None:
            continue
        owner = name.rsplit("-", 1)[0] if engine.spec.aurora else name
        text = {
            "username": engine.spec.master_user,
            "password": engine.password,
            "host": engine.host,
            "port": engine.port,
            "dbname": engine.spec.database,
            "engine": ENGINES[engine.spec.flavour],
        }
        kind = "cluster" if engine.spec.aurora else "db"
        kept[owner] = _secret(backend, MAIN, f"rds!{kind}-{owner}", json.dumps(text))
    return kept


def _secret(backend: Backend, place: Place, name: str, text: str) -> str:
    answer = backend("secretsmanager", place.account, place.region).create_secret(
        name=name, secret_string=text, secret_binary=None, description="The master user, managed by RDS",
        tags=[], kms_key_id=None, client_request_token=None, replica_regions=[], force_overwrite=False,
    )  # fmt: skip
    return str(json.loads(answer)["ARN"])
