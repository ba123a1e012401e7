"""Tables for readers: whole at any width, cards on a phone, tools above the long ones, all of it on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from test_pages import CUT

LONG = "reference/flows.html"
WIDE = ("reference/internet-endpoints.html", "reference/deployment-methods.html", LONG)


def opened(browser: Browser, url: str, width_px: int = 1280, **options: object) -> Page:
    page = browser.new_context(viewport={"width": width_px, "height": 900}, **options).new_page()
    page.goto(url)
    return page


UNBROKEN = """
() => [...document.querySelectorAll("table.cmg-cards td")]
  .filter((cell) => getComputedStyle(cell, "::before").whiteSpace !== "normal").map((cell) => cell.dataset.label)
"""
BESIDE = """
() => [...document.querySelectorAll("table.cmg-cards td")].filter((cell) => {
  const inside = document.createRange();
  inside.selectNodeContents(cell);
  const left = cell.getBoundingClientRect().left + parseFloat(getComputedStyle(cell).paddingLeft);
  return [...inside.getClientRects()].some((box) => box.width > 1 && box.left < left - 1);
}).map((cell) => `${cell.dataset.label}: ${cell.innerText}`)
"""


@pytest.mark.parametrize("name", [*WIDE, "developers/experiments.html"])
def test_what_a_card_says_is_beside_its_label(browser: Browser, site: Path, name: str) -> None:
    page = opened(browser, (site / name).as_uri(), 390)
    assert page.evaluate(UNBROKEN) == []
    assert page.evaluate(BESIDE) == []
    page.context.close()


def test_a_row_is_a_card_with_its_port_first_on_a_phone(browser: Browser, site: Path) -> None:
    page = opened(browser, (site / LONG).as_uri(), 390)
    row = page.locator("tr#flows-f06")
    tops = {cell.get_attribute("data-label"): cell.bounding_box() for cell in row.locator("td").all()}
    assert min(tops, key=lambda label: tops[label]["y"] if tops[label] else 1e9) == "Port"  # type: ignore[index]
    assert row.get_attribute("role") == "row"
    assert "10124-10139" in row.inner_text()
    page.context.close()


def test_a_long_table_is_sorted_and_filtered_by_keyboard(browser: Browser, site: Path) -> None:
    page = opened(browser, (site / LONG).as_uri())
    head = page.locator("th[aria-sort]").filter(has_text="Port").first
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    ports = page.locator("#flows-table td[data-label=Port]").all_inner_texts()
    assert ports.index("443") < ports.index("10124-10139")
    page.locator(".cmg-tools input").fill("10124 scale")
    assert page.locator("#flows-table tbody tr:visible").count() == 1
    assert page.locator(".cmg-tools [role=status]").inner_text() == "1 of 40 rows"
    page.context.close()


def test_a_table_is_downloaded_as_csv_and_no_cell_is_a_formula(browser: Browser, site: Path) -> None:
    page = opened(browser, (site / LONG).as_uri())
    page.evaluate("document.querySelector('#flows-f01 td:last-child p').textContent = '=1+1, \"x\"'")
    with page.expect_download() as found:
        page.get_by_role("button", name="Download CSV").click()
    lines = found.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert found.value.suggested_filename == "every-known-connection-whether-the-article-prints-it-or-not.csv"
    assert lines[0] == "Flow,Source,Protocol,Port,Destination,Purpose,When"
    assert lines[1].endswith(',"\'=1+1, ""x"""')
    page.context.close()


def test_sources_open_by_keyboard(browser: Browser, site: Path) -> None:
    page = opened(browser, (site / WIDE[0]).as_uri())
    page.locator(".cmg-mark").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".cmg-popover:popover-open a").count() > 0
    page.context.close()


@pytest.mark.parametrize("name", ["reference/required-ports.html", "how-to/ask-for-firewall-rules.html", WIDE[0]])
def test_paper_shows_all(browser: Browser, site: Path, name: str) -> None:
    page = opened(browser, (site / name).as_uri(), 700, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []
    cut = "() => [...document.querySelectorAll('pre')].filter((b) => b.scrollWidth > b.clientWidth + 1).length"
    assert page.evaluate(cut) == 0
    for hidden in page.locator(".cmg-popover").all():
        assert hidden.is_visible()
    page.context.close()


def test_icons_and_signs_stay_in_forced_colours(browser: Browser, site: Path) -> None:
    page = opened(browser, (site / "how-to/ask-what-breaks.html").as_uri(), forced_colors="active")
    icon = page.locator(".primary-toggle .fa-solid")
    seen = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(document.body).backgroundColor]"
    front, back = icon.evaluate(seen)
    assert front != back
    sign = "one => getComputedStyle(one, '::before').content"
    assert {text[1] for text in page.locator(".state").evaluate_all(f"all => all.map({sign})")} <= set("✓▲?✕")
    page.context.close()
