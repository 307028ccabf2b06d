"""The HTML report in a real browser: it filters, it fits a phone, and it asks the network for nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from rdsops.advise.book import RULES
from rdsops.advise.silences import Silences
from rdsops.app.review import review_fleet
from rdsops.render.html import review_html
from rdsops.testing.fleets import cluster, fleet_of, instance, member, proxy
from tests.left_out import left_out

pytestmark = [pytest.mark.chromium]

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)

PROBE = """
<script>
addEventListener("load", () => {
  const search = document.getElementById("search");
  const result = { before: document.getElementById("matching").textContent };
  search.value = "single-zone"; search.dispatchEvent(new Event("input"));
  result.searched = document.getElementById("matching").textContent;
  document.getElementById("reset").click();
  document.querySelector(".chip.high").click();
  result.high = document.getElementById("matching").textContent;
  const left = [...document.querySelectorAll(".finding")].filter((finding) => !finding.hidden);
  result.shown = left.every((finding) => finding.dataset.severity === "high");
  document.getElementById("reset").click();
  document.querySelector(".tile.alone").click();
  result.tile = document.getElementById("matching").textContent;
  result.overflow = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  result.resources = performance.getEntriesByType("resource").length;
  document.title = "RESULT " + JSON.stringify(result);
});
</script>
"""


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        left_out("Chromium", "sudo apt-get install -y chromium")
    return found


def page(probe: bool) -> str:
    fleet = fleet_of(
        instance("orders", multi_az=False, publicly_accessible=True, storage_encrypted=False),
        instance("a-very-long-name-that-goes-on-and-on-until-it-would-break-any-narrow-screen-there-is"),
        cluster(),
        member("billing-1"),
        member("billing-2"),
        member("billing-3"),
        proxy(),
    )
    text = review_html(review_fleet(fleet, RULES, Silences()), fleet)
    if not probe:
        return text
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    return text.replace("</body>", PROBE + "</body>")


def run(path: Path, *options: str) -> str:
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [chromium(), *QUIET, f"--user-data-dir={profile}", *options, path.as_uri()],
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        )
    return done.stdout


@pytest.mark.parametrize("width", [1200, 390])
def test_filters_work_and_nothing_overflows(width: int, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(probe=True))
    dom = run(path, f"--window-size={width},900", "--dump-dom", "--virtual-time-budget=3000")
    told = re.search(r"<title>RESULT (\{.*?\})</title>", dom)
    assert told, dom[:500]
    result = json.loads(told[1].replace("&quot;", '"'))
    total = int(result["before"].split(" of ")[1])
    assert result["before"] == f"{total} of {total}"
    assert 0 < int(result["searched"].split(" of ")[0]) < total
    assert 0 < int(result["high"].split(" of ")[0]) < total
    assert result["shown"]
    assert 0 < int(result["tile"].split(" of ")[0]) < total
    assert result["overflow"] <= 0
    assert result["resources"] == 0


def test_the_page_runs_its_own_script_under_its_own_policy(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page(probe=False))
    dom = run(path, "--dump-dom", "--virtual-time-budget=3000")
    assert re.search(r'<output id="matching"[^>]*>\d+ of \d+</output>', dom)
