"""A report as its readers open it: from a folder, offline, in light and dark, wide and narrow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from probed import probed
from test_pages import ALL_RULES, AXE, DOUBLE_IDS, WHOLE, look, opened

from cmgdocs.cli import run_words

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LOOKS = [(theme, width_px) for theme in ("light", "dark") for width_px in (1280, 390)]
BOXES_TOO_WIDE = """
() => [...document.querySelectorAll(".scroll")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.innerText.slice(0, 40))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    (folder / "probe.json").write_text(json.dumps(probed()), encoding="utf-8")
    site = EXAMPLES / "instances-behind-a-proxy.toml"  # it has a warning
    seen = ["--probe", str(folder / "probe.json"), "--logs", str(EXAMPLES / "logs")]
    run_words(["report", str(site), *seen, "-o", str(folder / "report.html")])
    return folder / "report.html"


@pytest.mark.parametrize(("theme", "width_px"), LOOKS)
def test_a_report_is_quiet_and_without_barriers(browser: Browser, report: Path, theme: str, width_px: int) -> None:
    page, faults = opened(browser, report.as_uri(), theme, width_px)
    page.evaluate(AXE)
    look(page, theme, width_px, WHOLE, ALL_RULES)
    assert page.evaluate(BOXES_TOO_WIDE) == []
    assert page.evaluate(DOUBLE_IDS) == []
    assert faults == []


def test_a_report_is_dark_where_the_system_is_and_shows_one_picture(browser: Browser, report: Path) -> None:
    seen = set()
    for theme, width_px in LOOKS:
        page, _ = opened(browser, report.as_uri(), theme, width_px)
        seen.add((theme, page.evaluate("getComputedStyle(document.body).backgroundColor")))
        assert page.locator("figure svg:visible").count() == 1
    assert len(seen) == 2
