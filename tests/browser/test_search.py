"""The page of results as people meet it: from a folder, by keyboard, in any theme, with whatever they paste."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from test_pages import ALL_RULES, AXE, LOOK_RULES, WHOLE, look, opened

from cmgdocs.facts import load

ASKED = Path(__file__).resolve().parents[1] / "search" / "asked.toml"
QUERIES = tomllib.loads(ASKED.read_text(encoding="utf-8"))["asked"]
HITS = "#cmg-found li a"
LARGEST_INDEX = 300_000  # bytes, before a server packs them
HOSTILE = '<img src=x onerror=document.title=1> " onfocus=alert(1) ( [ \\ ${1} 443'


def asked(browser: Browser, site: Path, query: str) -> tuple[Page, list[str]]:
    page, faults = opened(browser, (site / "search.html").as_uri())
    page.fill("#cmg-query", query)
    page.wait_for_function("document.getElementById('cmg-status').textContent")
    return page, faults


def test_what_once_failed_is_among_the_first_three(browser: Browser, site: Path) -> None:
    page, faults = asked(browser, site, "403")
    found = page.evaluate("(asked) => asked.map((one) => cmgRank(cmgSearch).find(one.query).slice(0, 3))", QUERIES)
    for one, three in zip(QUERIES, found, strict=True):
        assert set(one["wanted"]) <= {result["id"] for result in three}, one["query"]
    assert any(it.endswith(": 403 CMGConnector_Forbidden") for it in page.locator(HITS).all_inner_texts()[:3])
    assert faults == []


def test_a_port_in_a_range_leads_to_its_flow(browser: Browser, site: Path) -> None:
    page, faults = asked(browser, site, "10147")
    first = page.locator(HITS).first
    assert first.inner_text().startswith("10147, VM instance 8: ")
    first.click()
    page.wait_for_selector(":target", state="attached")
    assert page.url.endswith("/reference/flows.html#flow-F02")
    assert faults == []


def test_every_address_that_is_shown_is_there(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, (site / "search.html").as_uri())
    addresses = page.evaluate("cmgSearch.pages.map(([address]) => address)")
    assert [address for address in addresses if not (site / address).is_file()] == []


@pytest.mark.parametrize("start", ["index.html", "reference/flows.html"])
def test_the_box_of_every_page_leads_to_the_results(browser: Browser, site: Path, start: str) -> None:
    page, faults = opened(browser, (site / start).as_uri())
    assert page.evaluate("typeof cmgSearch") == "undefined"
    assert page.evaluate("typeof Search") == "undefined"
    page.keyboard.press("Control+k")
    page.keyboard.type("fall back")
    page.keyboard.press("Enter")
    page.wait_for_selector(HITS)
    assert page.input_value("#cmg-query") == "fall back"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#cmg-found li') !== null")
    assert faults == []
    page.go_back()
    page.go_forward()
    page.wait_for_selector(HITS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_search_is_in_sight_on_a_page_far_down_the_sidebar(browser: Browser, site: Path, theme: str) -> None:
    page, _ = opened(browser, (site / "developers/decisions.html").as_uri(), theme)
    button = page.locator(".bd-header-article .search-button")
    page.evaluate("scrollTo(0, 3000)")
    box = button.bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 60
    button.focus()
    page.keyboard.press("Enter")
    assert page.locator("#pst-search-dialog input").is_visible()


def test_decisions_are_in_the_sidebar_by_their_own_titles(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, (site / "index.html").as_uri())
    listed = page.locator("#pst-primary-sidebar .toctree-l1").all_inner_texts()
    assert {decision.title for decision in load().decisions} <= {*listed}
    assert not [entry for entry in listed if entry.startswith("Find out why")]


@pytest.mark.parametrize("width_px", [390, 1280])
def test_the_magnifier_is_left_of_what_is_typed(browser: Browser, site: Path, width_px: int) -> None:
    page, _ = opened(browser, (site / "index.html").as_uri(), "light", width_px)
    page.keyboard.press("Control+k")
    text = "input => input.getBoundingClientRect().left + parseFloat(getComputedStyle(input).paddingLeft)"
    icon = page.locator("#pst-search-dialog .fa-magnifying-glass").bounding_box()
    assert icon is not None
    assert icon["x"] + icon["width"] < page.locator("#pst-search-dialog input").evaluate(text)


def test_results_are_announced_and_have_no_barriers(browser: Browser, site: Path) -> None:
    page, faults = asked(browser, site, "proxy")
    assert page.locator("#cmg-status[role=status]").inner_text().endswith(" results")
    assert page.locator("#cmg-found h2:visible").all_inner_texts() == ["Facts and pages", "In the text of pages"]
    page.evaluate(AXE)
    for theme, width_px in (("light", 1280), ("dark", 390), ("light", 390), ("dark", 1280)):
        look(page, theme, width_px, WHOLE, LOOK_RULES)
    look(page, "light", 1280, WHOLE, ALL_RULES)
    assert faults == []


@pytest.mark.parametrize("query", [HOSTILE, "a" * 10_000, "Failed to build Http connection " * 300])
def test_nothing_that_is_pasted_is_run_or_breaks_the_page(browser: Browser, site: Path, query: str) -> None:
    page, faults = asked(browser, site, query)
    assert page.locator("#cmg-found img").count() == 0
    assert page.title() != "1"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults == []


def test_a_word_of_a_page_is_found_in_its_text_and_misspelled(browser: Browser, site: Path) -> None:
    page, _ = asked(browser, site, "certifcate")
    assert page.locator("#cmg-found").inner_text().count("certificate") > 0


@pytest.mark.parametrize("query", ["qqqqzzzz", "always on vpn"])
def test_words_that_find_nothing_lead_to_the_pages_on_faults(browser: Browser, site: Path, query: str) -> None:
    page, faults = asked(browser, site, query)
    assert page.locator("#cmg-status").inner_text().startswith("Nothing found.")
    assert page.locator(HITS).count() == 0
    links = page.locator("#cmg-status a")
    assert links.all_inner_texts() == ["Find out why the channel is down", "Symptoms and logs"]
    assert [(site / link.get_attribute("href")).is_file() for link in links.all()] == [True, True]
    page.evaluate(AXE)
    look(page, "dark", 390, WHOLE, LOOK_RULES)
    assert faults == []


def test_the_index_stays_small_and_nothing_of_sphinx_is_left(site: Path) -> None:
    assert (site / "_static" / "search" / "index.js").stat().st_size <= LARGEST_INDEX
    left = [
        path.name
        for path in site.rglob("*.js")
        if path.name in ("searchtools.js", "searchindex.js", "language_data.js")
    ]
    assert left == []
