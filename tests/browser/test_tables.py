"""Tables for readers: whole at any width, cards on a phone, tools above the long ones, all of it on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from test_pages import CUT

LONG = "reference/flows.html"
GROUPED = "reference/symptoms-and-logs.html"
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


@pytest.mark.parametrize("width_px", [390, 1280])
def test_a_filter_stays_in_sight_and_hides_headings_without_rows(browser: Browser, site: Path, width_px: int) -> None:
    page = opened(browser, (site / GROUPED).as_uri(), width_px)
    filter_rows = page.get_by_label("Filter rows: Symptoms and logs")
    page.evaluate("scrollTo(0, 6000)")
    header = page.locator(".bd-header-article").bounding_box()
    box = filter_rows.bounding_box()
    assert header is not None
    assert box is not None
    assert header["y"] + header["height"] <= box["y"] < 100
    filter_rows.fill("azure-policy")
    assert page.locator("section.cmg-lot:visible > h2").count() == 1
    assert page.locator("section.cmg-lot tbody tr:visible").count() == 1
    page.evaluate("location.hash = 'symptoms-of-trials'")
    page.locator("#symptoms-of-trials").wait_for()
    assert filter_rows.input_value() == ""
    page.context.close()


def test_groups_have_headings_in_the_list_of_the_page_and_the_same_columns(browser: Browser, site: Path) -> None:
    page = opened(browser, (site / GROUPED).as_uri(), 1700)
    listed = page.locator("#pst-page-toc-nav a").all_inner_texts()
    headings = page.locator("section.cmg-lot > h2").evaluate_all("all => all.map((one) => one.firstChild.textContent)")
    assert listed == [*headings, "Logs"]
    lefts = "all => all.map((one) => Math.round(one.getBoundingClientRect().left))"
    assert len({*page.locator("table.cmg-grouped th:nth-child(3)").evaluate_all(lefts)}) == 1
    page.context.close()


@pytest.mark.parametrize("width_px", [1280, 1700])
def test_the_longest_texts_have_the_widest_columns(browser: Browser, site: Path, width_px: int) -> None:
    page = opened(browser, (site / GROUPED).as_uri(), width_px)

    def width(label: str) -> float:
        box = page.locator(f'td[data-label="{label}"]').first.bounding_box()
        return box["width"] if box else 0

    assert width("Cause") > max(300, width("What you see"), width("Remedy"))
    assert width("What it records") > width("Where")
    page.context.close()


def test_two_columns_stay_a_table_on_a_phone(browser: Browser, site: Path) -> None:
    page = opened(browser, (site / "developers/commands.html").as_uri(), 390)
    tables = page.locator(".bd-article table:not(:has(th:nth-child(3)))")
    assert tables.count() > 1
    assert {*tables.evaluate_all("all => all.map((one) => getComputedStyle(one).display)")} == {"table"}
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_code_that_goes_on_fades_until_its_end(browser: Browser, site: Path, theme: str) -> None:
    page = opened(browser, (site / "tutorials/your-first-request.html").as_uri(), 390, color_scheme=theme)
    code = page.locator("pre.cmg-more").first
    code.evaluate("one => one.id = 'watched'")
    watched = page.locator("#watched")
    assert "gradient" in watched.evaluate("one => getComputedStyle(one).maskImage")
    watched.evaluate("one => { one.scrollLeft = one.scrollWidth; }")
    page.locator("#watched:not(.cmg-more)").wait_for()
    assert watched.evaluate("one => getComputedStyle(one).maskImage") == "none"
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
