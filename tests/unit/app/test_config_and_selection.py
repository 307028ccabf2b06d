"""rdsops.toml is read strictly; rules are selected by id, pattern and theme; exit codes say what happened."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rdsops.advise.finding import Severity
from rdsops.advise.silences import Silences
from rdsops.app.config import read_config
from rdsops.app.review import exit_code, review_fleet, selected_rules
from rdsops.core.errors import UsageError
from rdsops.fleet.fleet import Fleet
from rdsops.testing.fleets import fleet_of, instance, without


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rdsops.toml"
    path.write_text(text)
    return path


def test_a_silence_needs_a_reason_and_a_zone(tmp_path: Path) -> None:
    good = '[[silence]]\nrule = "single-zone"\nreason = "dev box"\nuntil = 2027-01-01T00:00:00Z\n'
    assert read_config(written(tmp_path, good)).silence[0].reason == "dev box"
    with pytest.raises(UsageError, match="no reason"):
        read_config(written(tmp_path, '[[silence]]\nrule = "x"\nreason = " "\n'))
    with pytest.raises(UsageError, match="time zone"):
        read_config(written(tmp_path, '[[silence]]\nrule = "x"\nreason = "y"\nuntil = 2027-01-01T00:00:00\n'))


@pytest.mark.parametrize("text", ["[surveys]\n", "silence = 3\n", "[survey]\nregions = 'eu-west-1'\n", "=\n"])
def test_a_wrong_config_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"rdsops\.toml"):
        read_config(written(tmp_path, text))


def test_a_missing_config_is_refused_only_when_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_config(None).silence == ()
    with pytest.raises(UsageError, match="no config file"):
        read_config(tmp_path / "absent.toml")


def test_rules_are_selected_by_id_pattern_and_theme() -> None:
    assert [rule.id for rule in selected_rules(["single-zone"], [])] == ["single-zone"]
    assert {rule.theme for rule in selected_rules(["availability"], [])} == {"availability"}
    assert "single-zone" not in [rule.id for rule in selected_rules([], ["single-*"])]
    with pytest.raises(UsageError, match="no rule, pattern or theme 'sinlge'"):
        selected_rules(["sinlge"], [])


def test_exit_codes() -> None:
    rules = selected_rules(["single-zone"], [])
    ill, well = fleet_of(instance(multi_az=False)), fleet_of(instance())
    blind = without(well, "instances")
    listed = ill.regions[0].instances
    broken = msgspec.structs.replace(ill.regions[0], instances=msgspec.structs.replace(listed, complete=False))
    both = msgspec.structs.replace(ill, regions=(broken,))

    def code(fleet: Fleet, fail_on: Severity = Severity.INFO, strict: bool = False) -> int:
        return exit_code(review_fleet(fleet, rules, Silences()), fail_on, strict=strict)

    assert code(well) == 0
    assert code(ill) == 1
    assert code(ill, Severity.CRITICAL) == 0
    assert code(blind) == 3
    assert code(both) == 1
    assert code(both, Severity.CRITICAL) == 3
    assert code(both, strict=True) == 3
