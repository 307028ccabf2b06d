"""rdsops.toml: which accounts and regions, which logins, what is silenced."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rdsops.advise.silences import SilenceEntry, Silences
from rdsops.core.errors import UsageError

DEFAULT_PATH = Path("rdsops.toml")


class SurveyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """regions: AWS names; empty means the session's own. roles: ARNs to assume, one an account."""

    regions: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    external_id: str | None = None


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    survey: SurveyConfig = SurveyConfig()
    silence: tuple[SilenceEntry, ...] = ()

    @property
    def silences(self) -> Silences:
        return Silences(self.silence)


def read_config(path: Path | None) -> Config:
    """The file's config; without a path ./rdsops.toml when it is there, else an empty one.

    Raises UsageError for a file that is missing, is not TOML, or holds a key that rdsops does not know.
    """
    if path is None:
        if not DEFAULT_PATH.is_file():
            return Config()
        path = DEFAULT_PATH
    try:
        config = msgspec.toml.decode(path.read_bytes(), type=Config)
    except FileNotFoundError:
        raise UsageError(f"there is no config file '{path}'") from None
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise UsageError(f"{path}: {error}", hint="docs/reference/config.md lists the keys") from None
    for entry in config.silence:
        if not entry.reason.strip():
            raise UsageError(
                f"{path}: the silence of '{entry.rule}' has no reason", hint="say who accepted it, and why"
            )
        if entry.until is not None and entry.until.tzinfo is None:
            raise UsageError(f"{path}: 'until' of '{entry.rule}' has no time zone", hint="until = 2027-01-01T00:00:00Z")
    return config
