"""The site as people meet it: from a folder, offline, in light and dark, wide and narrow."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

Visit = tuple[Page, list[str]]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = (("light", 1280), ("dark", 390))
OTHER_LOOKS = (("dark", 1280), ("light", 390))
# They have all that pages have around their text.
IN_EVERY_LOOK = ("index.html", "reference/flows.html", "notebooks/read-the-perimeter.html")
SMALLEST_TEXT_PX = 11
SETTLING_MS = 50

EFFECTIVE_TEXT_SIZES_PX = """
() => [...document.querySelectorAll(".cmg-diagram svg")].flatMap((svg) => {
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll("text")].map(
    (text) => [parseFloat(getComputedStyle(text).fontSize) * scale, text.textContent]);
})
"""
UNREACHABLE_BY_KEYBOARD = """
() => [...document.querySelectorAll(".pst-scrollable-table-container, .cmg-diagram")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .filter((box) => { box.focus(); return box !== document.activeElement || !box.ariaLabel; })
  .map((box) => box.innerText)
"""
DOUBLE_IDS = """
() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}
"""
# What passed is as long as the page, and more work to bring here than to find: it stays there.
VIOLATIONS = """
(rules) => axe.run({preload: false, resultTypes: ["violations"], runOnly: {type: "tag", values: rules}})
  .then(({violations}) => violations.map(({id, nodes}) => [id, nodes.map(({html}) => html)]))
"""


@cache
def tab(browser: Browser, theme: str, width_px: int) -> Visit:
    """Give the one tab for all pages of that look, and what they ask elsewhere for or complain about."""
    view = {"width": width_px, "height": 900}
    page, faults = browser.new_context(viewport=view, color_scheme=theme, bypass_csp=True).new_page(), []
    page.on("request", lambda r: r.url.startswith(("file:", "data:")) or faults.append(r.url))
    page.on("console", lambda m: m.type in ("error", "warning") and faults.append(m.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda r: faults.append(f"not there: {r.url}"))
    return page, faults


@cache
def scriptless(browser: Browser) -> Page:
    return browser.new_context(java_script_enabled=False).new_page()


def opened(browser: Browser, url: str, theme: str = "light", width_px: int = 1280) -> Visit:
    """Open *url*, with nothing of the page before; give the page, and its faults so far and to come."""
    page, faults = tab(browser, theme, width_px)
    page.goto("about:blank")
    faults.clear()
    page.goto(url)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(SETTLING_MS)
    return page, faults


def look(browser: Browser, path: Path, theme: str, width_px: int) -> None:
    page, faults = opened(browser, path.as_uri(), theme, width_px)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    assert page.evaluate(DOUBLE_IDS) == []
    small = [s for s in page.evaluate(EFFECTIVE_TEXT_SIZES_PX) if s[0] < SMALLEST_TEXT_PX]
    assert small == []
    assert page.evaluate(UNREACHABLE_BY_KEYBOARD) == []
    page.evaluate(Axe().axe_script)
    assert page.evaluate(VIOLATIONS, RULES) == []
    assert faults == []


@pytest.mark.parametrize(("theme", "width_px"), LOOKS)
def test_page_is_quiet_and_without_barriers(
    browser: Browser, site: Path, page_name: str, theme: str, width_px: int
) -> None:
    look(browser, site / page_name, theme, width_px)


@pytest.mark.parametrize(("theme", "width_px"), OTHER_LOOKS)
@pytest.mark.parametrize("name", IN_EVERY_LOOK)
def test_these_pages_are_so_in_every_look(browser: Browser, site: Path, name: str, theme: str, width_px: int) -> None:
    look(browser, site / name, theme, width_px)


def test_search_works_from_a_folder(browser: Browser, site: Path) -> None:
    page, faults = opened(browser, (site / "search.html").as_uri() + "?q=gateway")
    page.wait_for_selector("#search-results li a")
    assert faults == []


def test_search_opens_by_keyboard(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, (site / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.keyboard.type("gateway")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")


def test_theme_is_switched_and_kept(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, (site / "index.html").as_uri())
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
    page = scriptless(browser)
    page.goto((site / page_name).as_uri())
    assert page.locator("h1").first.is_visible()
