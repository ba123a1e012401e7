"""The site as people meet it: from a folder, offline, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

Visit = tuple[Page, list[str]]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THEMES = ("light", "dark")
WIDTHS_PX = (1280, 390)
SMALLEST_TEXT_PX = 11
SETTLING_MS = 50

EFFECTIVE_TEXT_SIZES_PX = """
() => [...document.querySelectorAll(".cmg-diagram svg")].flatMap((svg) => {
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll("text")].map(
    (text) => [parseFloat(getComputedStyle(text).fontSize) * scale, text.textContent]);
})
"""
DOUBLE_IDS = """
() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}
"""


@cache
def context(browser: Browser, theme: str, width_px: int) -> BrowserContext:
    """Give a context for all pages of that look: what was loaded for one is there for the next."""
    view = {"width": width_px, "height": 900}
    return browser.new_context(viewport=view, color_scheme=theme, bypass_csp=True)


@cache
def scriptless(browser: Browser) -> BrowserContext:
    return browser.new_context(java_script_enabled=False)


@contextmanager
def opened(browser: Browser, url: str, theme: str = "light", width_px: int = 1280) -> Iterator[Visit]:
    """Open *url*; give the page, and what it asked elsewhere for or complained about."""
    page, faults = context(browser, theme, width_px).new_page(), []
    page.on("request", lambda r: r.url.startswith(("file:", "data:")) or faults.append(r.url))
    page.on("console", lambda m: m.type in ("error", "warning") and faults.append(m.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda r: faults.append(f"not there: {r.url}"))
    page.goto(url)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(SETTLING_MS)
    yield page, faults
    page.close()


@pytest.mark.parametrize("width_px", WIDTHS_PX)
@pytest.mark.parametrize("theme", THEMES)
def test_page_is_quiet_and_without_barriers(
    browser: Browser, site: Path, page_name: str, theme: str, width_px: int
) -> None:
    with opened(browser, (site / page_name).as_uri(), theme, width_px) as (page, faults):
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert page.evaluate("document.documentElement.scrollWidth") <= width_px
        assert page.evaluate(DOUBLE_IDS) == []
        small = [s for s in page.evaluate(EFFECTIVE_TEXT_SIZES_PX) if s[0] < SMALLEST_TEXT_PX]
        assert small == []
        for box in page.locator(".pst-scrollable-table-container, .cmg-diagram").all():
            if box.evaluate("e => e.scrollWidth > e.clientWidth + 1"):
                box.focus()
                assert box.evaluate("e => e === document.activeElement && e.ariaLabel"), box.inner_text()
        options = {"preload": False, "runOnly": {"type": "tag", "values": RULES}}
        violations = Axe().run(page, options=options).response["violations"]
        assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations] == []
        assert faults == []


def test_search_works_from_a_folder(browser: Browser, site: Path) -> None:
    url = (site / "search.html").as_uri() + "?q=gateway"
    with opened(browser, url) as (page, faults):
        page.wait_for_selector("#search-results li a")
        assert faults == []


def test_search_opens_by_keyboard(browser: Browser, site: Path) -> None:
    with opened(browser, (site / "index.html").as_uri()) as (page, _):
        page.keyboard.press("Control+k")
        page.keyboard.type("gateway")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")


def test_theme_is_switched_and_kept(browser: Browser, site: Path) -> None:
    with opened(browser, (site / "index.html").as_uri()) as (page, _):
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        while page.evaluate("document.documentElement.dataset.mode") != "dark":
            page.locator(".theme-switch-button:visible").first.click()
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
        page.evaluate("localStorage.clear()")


def test_page_reads_without_scripts(browser: Browser, site: Path, page_name: str) -> None:
    if page_name == "search.html":
        pytest.skip("search needs scripts, and says so")
    page = scriptless(browser).new_page()
    page.goto((site / page_name).as_uri())
    assert page.locator("h1").first.is_visible()
    page.close()
