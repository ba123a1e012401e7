"""
The site as people meet it: from a folder, offline, in light and dark, wide and narrow.

Each page is loaded once, narrow and dark, which may bring little, and then looked at again, wide and light. axe tries
all its rules in the last look, and in the others those whose answer depends on colours and sizes, on some rows of each
table and on the first of entries that are alike.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request

Visit = tuple[Page, list[str]]
MOST_PAGE_KB = 650  # page, styles, scripts and fonts, as they are in the folder
WHOLE: dict[str, object] = {"include": [["html"]]}
SOME = WHOLE | {"exclude": [["tbody tr:nth-child(n+4)"], ["section.cmg-fact ~ section.cmg-fact"]]}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL_RULES: dict[str, object] = {"type": "tag", "values": TAGS}
LOOK_RULES = {
    "type": "rule",
    "values": ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"],
}
FIRST_LOOK, LAST_LOOK = ("dark", 390), ("light", 1280)  # scripts make what is too wide focusable, at first only
OTHER_LOOKS = (("light", 390), ("dark", 1280))
# They have all that pages have around their text.
IN_EVERY_LOOK = ("index.html", "reference/required-ports.html", "notebooks/read-the-perimeter.html")
SMALLEST_TEXT_PX = 11
AXE = Axe().axe_script

EFFECTIVE_TEXT_SIZES_PX = """
() => [...document.querySelectorAll(":is(.cmg-diagram, .cmg-narrow, .cmg-plan-figure) svg")].flatMap((svg) => {
  if (!svg.getClientRects().length) return []; // of two pictures one is shown
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  if (!scale) return []; // the variant for another width
  return [...svg.querySelectorAll("text")].map(
    (text) => [parseFloat(getComputedStyle(text).fontSize) * scale, text.textContent]);
})
"""
UNREACHABLE_BY_KEYBOARD = """
() => [...document.querySelectorAll(".pst-scrollable-table-container, .cmg-diagram")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .filter((box) => { box.focus({preventScroll: true}); return box !== document.activeElement || !box.ariaLabel; })
  .map((box) => box.innerText)
"""
CUT = """
() => [...document.querySelectorAll(".pst-scrollable-table-container")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1).map((box) => box.innerText.slice(0, 40))
"""
DOUBLE_IDS = """
() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}
"""
# What moves although less motion is wanted, and would be measured on its way.
MOVING = "() => document.getAnimations().map(({effect}) => effect.target.className)"
# What passed is as long as the page, and more work to bring here than to find: it stays there.
VIOLATIONS = """
([context, only]) => axe.run(context, {preload: false, resultTypes: ["violations"], runOnly: only})
  .then(({violations}) => violations.map(({id, nodes}) => [id, nodes.map(({html}) => html)]))
"""


# The theme answers to a change of the system's colours; two frames later all is drawn.
DRAWN = """
(theme) => new Promise((drawn) => {
  const wait = () => (document.documentElement.dataset.theme ?? theme) === theme // 404.html has no script
    ? requestAnimationFrame(() => requestAnimationFrame(drawn)) : requestAnimationFrame(wait);
  document.fonts.ready.then(wait);
})
"""


@cache
def tab(browser: Browser) -> Visit:
    """Return the one tab for all pages, and what they ask elsewhere for or complain about."""
    page, faults = browser.new_context(bypass_csp=True, reduced_motion="reduce").new_page(), []
    page.on("request", lambda r: r.url.startswith(("file:", "data:")) or faults.append(r.url))
    page.on("console", lambda m: m.type in ("error", "warning") and faults.append(m.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda r: faults.append(f"not there: {r.url}"))
    return page, faults


def opened(browser: Browser, url: str, theme: str = "light", width_px: int = 1280) -> Visit:
    """Open *url* with nothing of the page before; return it, and its faults so far and to come."""
    page, faults = tab(browser)
    page.evaluate("location.protocol === 'file:' && sessionStorage.clear()")
    page.goto("about:blank")
    faults.clear()
    turn(page, theme, width_px)
    page.goto(url)
    return page, faults


def turn(page: Page, theme: str, width_px: int) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width_px, "height": 900})


def look(page: Page, theme: str, width_px: int, *axe: dict[str, object]) -> None:
    turn(page, theme, width_px)
    page.evaluate(DRAWN, theme)
    assert page.evaluate(MOVING) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    small = [s for s in page.evaluate(EFFECTIVE_TEXT_SIZES_PX) if s[0] < SMALLEST_TEXT_PX]
    assert small == []
    assert page.evaluate(CUT) == []
    assert page.evaluate(UNREACHABLE_BY_KEYBOARD) == []
    assert page.evaluate(VIOLATIONS, axe) == []


def test_page_is_quiet_and_without_barriers(browser: Browser, site: Path, page_name: str) -> None:
    loaded: set[str] = set()

    def note(request: Request) -> None:
        loaded.add(request.url)

    tab(browser)[0].on("request", note)
    page, faults = opened(browser, (site / page_name).as_uri(), *FIRST_LOOK)
    page.evaluate(AXE)
    assert page.evaluate(DOUBLE_IDS) == []
    for theme, width_px in (FIRST_LOOK, *(OTHER_LOOKS if page_name in IN_EVERY_LOOK else ())):
        look(page, theme, width_px, SOME, LOOK_RULES)
    look(page, *LAST_LOOK, WHOLE, ALL_RULES)
    assert faults == []
    page.remove_listener("request", note)
    sizes = {url: Path(unquote(urlsplit(url).path)).stat().st_size for url in loaded if url.startswith("file:")}
    assert sum(sizes.values()) <= MOST_PAGE_KB * 1000, sizes


def test_theme_is_switched_and_kept(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, (site / "index.html").as_uri())
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    while page.evaluate("document.documentElement.dataset.mode") != "dark":
        page.locator(".theme-switch-button:visible").first.click()
    page.reload()
    page.evaluate(DRAWN, "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.evaluate("localStorage.clear()")


@pytest.mark.parametrize("name", IN_EVERY_LOOK)
def test_page_reads_without_scripts(browser: Browser, site: Path, name: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((site / name).as_uri())
    assert page.locator("h1").first.is_visible()
