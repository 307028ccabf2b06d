"""The command line finds its commands, says what is wrong with a line, and exits with the code that says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rdsops import __version__
from rdsops.cli.main import COMMANDS, main
from rdsops.fleet.codec import encode
from rdsops.testing.fleets import fleet_of, instance
from rdsops.testing.healthy import healthy


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name}" in out for name, _ in COMMANDS)
    assert max(len(line) for line in out.splitlines()) <= 80


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([name, "--help"])
    assert stop.value.code == 0
    assert f"usage: rdsops {name}" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"rdsops {__version__}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["reviwe"], "did you mean 'review'?"),
        (["review", "--from", "absent.json"], "there is no snapshot 'absent.json'"),
        (["review", "--from", "absent.json", "--only", "no-such-rule"], "no rule, pattern or theme 'no-such-rule'"),
        (["review", "--config", "absent.toml"], "there is no config file 'absent.toml'"),
        (["explain", "single-zon"], "did you mean single-zone"),
        (["lab", "status", "--name", "No Such Name"], "cannot name a lab"),
    ],
)
def test_a_wrong_line_is_told_with_what_to_do(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert told in capsys.readouterr().err


def test_no_words_show_help_as_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: rdsops" in capsys.readouterr().out


def written(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "fleet.json"
    path.write_bytes(data)
    return str(path)


def test_a_review_of_a_snapshot_exits_with_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ill = written(tmp_path, encode(fleet_of(instance("orders", multi_az=False))))
    assert main(["review", "--from", ill, "--only", "single-zone"]) == 1
    assert "orders runs in one zone only" in capsys.readouterr().out
    assert main(["review", "--from", ill, "--only", "single-zone", "--fail-on", "critical"]) == 0
    assert main(["review", "--from", written(tmp_path, encode(healthy())), "--only", "single-zone"]) == 0


def test_a_silenced_finding_is_counted_and_does_not_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ill = written(tmp_path, encode(fleet_of(instance("orders", multi_az=False))))
    silence = '[[silence]]\nrule = "single-zone"\nresource = "orders"\nreason = "moves next month"\nuntil = {}\n'
    Path("rdsops.toml").write_text(silence.format("2099-01-01T00:00:00Z"))
    assert main(["review", "--from", ill, "--only", "single-zone", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["findings"] == []
    assert told["silenced"][0]["silence"]["reason"] == "moves next month"
    assert told["tallies"][0]["silenced"] == 1
    Path("rdsops.toml").write_text(silence.format("2026-01-01T00:00:00Z"))
    assert main(["review", "--from", ill, "--only", "single-zone"]) == 1


@pytest.mark.parametrize("form", ["text", "json", "html", "sarif", "markdown"])
def test_every_format_is_written_to_a_file(form: str, tmp_path: Path) -> None:
    ill = written(tmp_path, encode(fleet_of(instance("orders", multi_az=False))))
    out = tmp_path / "out"
    assert main(["review", "--from", ill, "--only", "single-zone", "--format", form, "-o", str(out)]) == 1
    assert "single-zone" in out.read_text()


def test_the_policy_is_json_and_reads_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["iam", "review"]) == 0
    policy = json.loads(capsys.readouterr().out)
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert len(actions) > 20
    assert all(action.split(":")[1].startswith(("Describe", "Get", "List")) for action in actions)
