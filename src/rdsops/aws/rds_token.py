"""IAM tokens for databases: signed here, without a call, valid for 15 minutes (read: AWS RDS guide; recalled)."""

from __future__ import annotations

from rdsops.aws.errors import translated
from rdsops.aws.secrets import Hidden
from rdsops.aws.session import AwsDoor
from rdsops.core.ids import Place


def rds_token(door: AwsDoor, place: Place, host: str, port: int, user: str) -> Hidden:
    """A password for `user` of the database at host and port, made of the credentials that lead into the place."""
    client = door.client("rds", place)
    with translated("rds-db:connect"):
        token = client.generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user, Region=place.region)
    return Hidden(str(token))
