"""The planner as people meet it: from a folder, by keyboard, in links, on paper, with whatever an address holds."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page
from test_pages import ALL_RULES, AXE, LOOK_RULES, VIOLATIONS, WHOLE, look, opened

NAME = "planner.html"
ANSWERED = "#instances=3&proxy=true&content="
LONG_NAMES = (
    "#n.prefix=contosomanufacturingcmg&n.region=germanywestcentral&n.site-server=site-server-1.corp.example&instances=9"
)
MARKUP = '<img src=x onerror="document.title=1">'
LARGEST_KB = 250
PAUSE_MS = 600  # longer than the planner waits before it speaks
FILES = ("elements.js", "planner-core.js", "planner.js", "planner.css", "planner-data.js")
HOSTILE = {
    "instances-script": "#instances=<script>document.title=1</script>",
    "instances-script-coded": f"#instances={quote('<script>document.title=1</script>')}",
    "name-markup": f"#n.site-server={quote(MARKUP)}",
    "name-javascript": "#n.proxy=javascript:alert(1)&proxy=true",
    "long": f"#n.site-server={'a' * 10_000}",
    "long-key": f"#{'k' * 10_000}=1",
    "unknown": "#nothing=1&n.nobody=x&constructor=1&toString=2",
    "proto": "#__proto__=1&__proto__[x]=2&n.__proto__=evil.example&method=__proto__",
    "percent": "#instances=%&n.region=%E0%A4%A&%%%=%zz&=&&&=1",
    "nothing-chosen": "#uses=&client-authentication=",
    "selector": '#cmg-tab-rules"]=1&n.prefix=a\'"`',
}
"""Addresses that nobody would write who means well, by what is wrong with them."""
OUTSIDE_ITS_BOX = """
() => [
  ...document.querySelectorAll(".cmg-planner :is(td, th, label, summary, .cmg-verdict p), .cmg-plan-picture text"),
].filter((part) => {
  if (!part.checkVisibility() || (innerWidth < 600 && part.closest("thead"))) return false;
  const box = (part.closest("svg") ?? part).getBoundingClientRect();
  const text = new Range();
  text.selectNodeContents(part);
  const rows = [...text.getClientRects()].filter(({width}) => width > 1);
  return rows.some(({left, right}) => left < box.left - 1 || right > box.right + 1);
}).map((part) => part.textContent)
"""
BROKEN = """
() => [...document.querySelectorAll(".cmg-whole")].filter((part) => part.getClientRects().length > 1)
  .map((part) => part.textContent)
"""


def planned(browser: Browser, site: Path, answers: str = "", name: str = NAME) -> tuple[Page, list[str]]:
    """Open the planner with these answers; an own page, so that nothing of another test is left."""
    page, faults = opened(browser, f"{(site / name).as_uri()}{answers}")
    page.wait_for_selector(".cmg-verdict p")
    return page, faults


def view(page: Page, label: str) -> None:
    page.get_by_role("tab", name=label, exact=True).click()


def rules(page: Page) -> list[str]:
    """The rows of the view of rules."""
    view(page, "Rules")
    return page.locator("#cmg-view-rules tbody tr").all_inner_texts()


def name_field(page: Page, key: str) -> str:
    return page.eval_on_selector(f'[name="n.{key}"]', "input => input.value")


@pytest.mark.parametrize("name", ["index.html", NAME])
def test_answers_change_the_rules(browser: Browser, site: Path, name: str) -> None:
    page, faults = planned(browser, site, name=name)
    one = rules(page)
    page.get_by_label("VM instances").select_option(label="2")
    two = rules(page)
    assert one != two
    assert any("10124-10125" in row for row in two)
    assert not any("10124" in row for row in one)
    assert faults == []


def test_all_is_done_by_keyboard(browser: Browser, site: Path) -> None:
    page, faults = planned(browser, site)
    focused = "document.activeElement.id"
    page.get_by_label("Deployed as").focus()
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "cmg-instances"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("location.hash") == "#instances=2"
    page.locator("[role=tab][tabindex='0']").focus()
    page.keyboard.press("End")
    assert page.evaluate(focused) == "cmg-tab-export"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "cmg-view-export"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == "cmg-format"
    assert page.locator("#cmg-view-export pre").inner_text().count("\t") > 10
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.cmg-status').textContent === 'Copied.'")
    page.locator("#cmg-tab-export").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(focused) == "cmg-tab-blocked"
    page.locator("#cmg-port").focus()
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "cmg-port"
    assert page.locator("#cmg-port").input_value() in page.locator("#cmg-view-blocked caption").inner_text()
    page.locator("#cmg-tab-blocked").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#cmg-view-compare button").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "Keep the present plan instead"
    assert faults == []


def test_a_kept_plan_is_compared(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site)
    view(page, "Compare")
    page.get_by_role("button", name="Keep this plan to compare").click()
    page.get_by_label("VM instances").select_option(label="2")
    rows = page.locator("#cmg-view-compare tbody tr").all_inner_texts()
    assert any("10124-10125" in row for row in rows)
    groups = page.locator("#cmg-view-compare summary").all_inner_texts()
    assert [group.split(":")[0] for group in groups if "rule" in group] == ["Open", "Close"]
    assert rows[0].split() == ["VM", "instances", "1", "2"]


def test_a_comparison_names_the_answers_that_differ(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site)
    view(page, "Compare")
    page.get_by_role("button", name="Keep this plan to compare").click()
    assert "The answers are those of the kept plan" in page.locator("#cmg-view-compare").inner_text()
    page.get_by_label("through a web proxy").check()
    page.get_by_text("Your names and addresses").click()
    page.fill('[name="n.proxy"]', "proxy2.corp.example:3128")
    cells = page.locator("#cmg-view-compare table").first.locator("td").all_inner_texts()
    assert cells == [
        *("Servers reach the internet through a web proxy", "no", "yes"),
        *("Web proxy, host:port", "proxy.corp.example:8080", "proxy2.corp.example:3128"),
    ]


@pytest.mark.parametrize("width_px", [320, 390, 620, 1280])
@pytest.mark.parametrize("answers", [LONG_NAMES, ANSWERED], ids=["long-names", "proxy"])
def test_no_text_lies_over_other_text_or_is_cut(browser: Browser, site: Path, answers: str, width_px: int) -> None:
    page, _ = planned(browser, site, answers)
    page.set_viewport_size({"width": width_px, "height": 900})
    for label in page.get_by_role("tab").all_inner_texts():
        view(page, label)
        assert page.evaluate(OUTSIDE_ITS_BOX) == [], label
        assert page.evaluate(BROKEN) == [], label
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), label


def test_the_names_to_allow_are_copied_one_on_each_line(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site)
    view(page, "Names to allow")
    page.evaluate("navigator.clipboard.writeText = (text) => { globalThis.copied = text; return Promise.resolve(); }")
    page.get_by_role("button", name="Copy the names").click()
    names = page.evaluate("copied").splitlines()
    rows = page.locator("#cmg-view-names tbody tr td:first-child").all_inner_texts()
    assert names[: len(rows)] == rows
    assert "aka.ms" in names[len(rows) :]
    assert "aka.ms" in page.locator("#cmg-view-names").inner_text()


def test_behind_a_proxy_the_picture_leads_from_the_servers_to_it(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site, ANSWERED)
    for width_px in (390, 1280):
        page.set_viewport_size({"width": width_px, "height": 900})
        view(page, "Picture")
        texts = page.locator(".cmg-plan-picture text").all_text_contents()
        assert {"Web proxy", "CMG connection point", "Management point"} <= {*texts}
        assert sum("8080" in text for text in texts) == sum(rule.startswith("TCP 8080") for rule in rules(page))


def test_a_phone_says_the_result_while_the_form_is_filled_in(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, (site / NAME).as_uri(), "light", 390)
    line = page.locator(".cmg-now")
    line.wait_for()
    page.get_by_text("Your names and addresses").click()
    assert "rules; outbound TCP" in line.inner_text()
    box = line.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900
    line.get_by_role("button").click()
    assert page.evaluate("document.activeElement.className") == "cmg-verdict"
    line.wait_for(state="hidden")


def test_a_phone_has_boxes_to_tap_and_says_titles_once(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, (site / NAME).as_uri(), "light", 390)
    boxes = page.locator(".cmg-form [type=checkbox]:visible").all()
    assert boxes
    assert all(min(box.evaluate("box => [box.offsetWidth, box.offsetHeight]")) >= 24 for box in boxes)
    captions = page.locator("#cmg-view-rules caption")
    assert captions.first.inner_text()
    assert captions.first.evaluate("caption => caption.offsetWidth") <= 1


def test_a_link_gives_its_answers_now_and_after_a_reload(browser: Browser, site: Path) -> None:
    page, faults = planned(browser, site, ANSWERED)
    for _ in range(2):
        assert page.get_by_label("VM instances").input_value() == "2"  # the third
        assert page.get_by_label("through a web proxy").is_checked()
        assert not page.get_by_label("Serves content").is_checked()
        assert any("10124-10126" in row for row in rules(page))
        page.reload()
        page.wait_for_selector(".cmg-verdict p")
    assert faults == []


def test_back_and_forward_lead_through_plans(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site, "#instances=2")
    page.evaluate("location.hash = 'instances=3'")
    assert any("10124-10126" in row for row in rules(page))
    page.go_back()
    assert any("10124-10125" in row for row in rules(page))
    page.go_forward()
    assert any("10124-10126" in row for row in rules(page))
    page.get_by_label("VM instances").select_option(label="4")
    page.goto((site / "index.html").as_uri())
    page.go_back()
    page.wait_for_selector(".cmg-verdict p")
    assert any("10124-10127" in row for row in rules(page))


def test_names_are_in_a_link_only_where_the_reader_asks(browser: Browser, site: Path) -> None:
    page, faults = planned(browser, site)
    page.get_by_text("Your names and addresses").click()
    page.fill('[name="n.site-server"]', "cm7.private.example")
    assert any("cm7.private.example" in row for row in rules(page))
    assert "private" not in page.url
    view(page, "Export")
    page.evaluate("navigator.clipboard.writeText = (text) => { globalThis.copied = text; return Promise.resolve(); }")
    copy = page.get_by_role("button", name="Copy a link to these answers")
    copy.click()
    assert "private" not in page.evaluate("copied")
    page.get_by_label("with my names").check()
    copy.click()
    linked = page.evaluate("copied")
    assert "n.site-server=cm7.private.example" in linked
    page, _ = planned(browser, site, "#" + linked.split("#")[1])
    assert name_field(page, "site-server") == "cm7.private.example"
    assert any("cm7.private.example" in row for row in rules(page))
    assert faults == []


@pytest.mark.parametrize("answers", HOSTILE.values(), ids=HOSTILE)
def test_nothing_in_an_address_is_run(browser: Browser, site: Path, answers: str) -> None:
    page, _ = planned(browser, site)
    kinds = "[...document.querySelectorAll('script, img, iframe, object, style, link, base')].length"
    before, title = page.evaluate(kinds), page.title()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page, faults = planned(browser, site, answers)
    for label in page.get_by_role("tab").all_inner_texts():
        view(page, label)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(kinds) == before
    assert page.title() == title
    assert page.evaluate("Object.keys(Object.prototype)") == []
    assert page.locator(".cmg-verdict").inner_text()
    assert (faults, dialogs) == ([], [])


def test_markup_in_a_name_is_refused_where_it_is_written(browser: Browser, site: Path) -> None:
    page, faults = planned(browser, site)
    page.get_by_text("Your names and addresses").click()
    field = page.locator('[name="n.site-server"]')
    field.fill(MARKUP)
    assert field.get_attribute("aria-invalid") == "true"
    assert "no host has a space in it" in page.locator(f"[id='{field.get_attribute('aria-describedby')}']").inner_text()
    page.get_by_role("status").get_by_text("These answers do not make a plan.").wait_for()
    assert page.locator("#cmg-view-rules").inner_text() == "Correct the answers above."
    colours = (
        "verdict => [getComputedStyle(verdict).borderLeftColor, "
        "getComputedStyle(verdict.querySelector('strong')).color]"
    )
    bar, sign = page.locator(".cmg-verdict").evaluate(colours)
    assert bar == sign
    page.get_by_role("button", name="Start again").click()
    assert len(rules(page)) > 10
    assert page.locator(".cmg-verdict").evaluate(colours)[0] != sign
    page.get_by_role("button", name="Put my answers back").click()
    assert name_field(page, "site-server") == MARKUP
    assert faults == []


def test_a_service_name_of_ones_own_is_in_rules_and_in_the_site_file(browser: Browser, site: Path) -> None:
    page, faults = planned(browser, site)
    page.get_by_text("Your names and addresses").click()
    page.get_by_label("Service name, if your certificate has your own domain").fill("cmg.contoso.com")
    assert any("cmg.contoso.com" in row and "cloudapp.azure.com" in row for row in rules(page))
    view(page, "Names to allow")
    assert "cmg.contoso.com" in page.locator("#cmg-view-names tbody").inner_text()
    view(page, "Export")
    page.get_by_label("Format").select_option(value="toml")
    named = 'cmg = ["contosocmg.westeurope.cloudapp.azure.com", "cmg.contoso.com"]'
    assert named in page.locator("#cmg-view-export pre").inner_text()
    assert "contoso.com" not in page.url
    assert faults == []


def test_a_fault_leads_to_the_fields_that_mend_it(browser: Browser, site: Path) -> None:
    page, faults = planned(browser, site)
    version = page.get_by_label("Configuration Manager version")
    assert not version.is_visible()
    page.get_by_label("Deployed as").select_option(label="Cloud service (classic)")
    said = page.locator(".cmg-verdict").inner_text()
    assert "Deployed as: Cloud service (classic) does not run from version 2403 on" in said
    assert "choose version 2309 or earlier" in said
    assert version.is_visible()
    page.locator(".cmg-verdict").get_by_role("button", name="Configuration Manager version").click()
    assert page.evaluate("document.activeElement.id") == "cmg-configmgr"
    version.select_option(label="2309")
    said = page.locator(".cmg-verdict").inner_text()
    assert said.count("contosocmg.cloudapp.net") == 1
    assert "with TCP 443 as the fallback" in said
    assert faults == []


@pytest.mark.parametrize("storage", ["", "Object.defineProperty(window, 'sessionStorage', {get() { throw Error(); }})"])
def test_names_and_view_stay_with_the_tab(browser: Browser, site: Path, storage: str) -> None:
    context = browser.new_context()
    context.add_init_script(storage)
    page = context.new_page()
    page.goto((site / NAME).as_uri())
    page.get_by_text("Your names and addresses").click()
    page.fill('[name="n.site-server"]', "cm7.private.example")
    view(page, "Names to allow")
    page.reload()
    for _ in range(2):
        page.wait_for_selector(".cmg-verdict p")
        assert name_field(page, "site-server") == "cm7.private.example"
        assert page.locator("#cmg-tab-names").get_attribute("aria-selected") == "true"
        assert "private" not in page.url
        page.goto((site / "reference/flows.html").as_uri())
        page.go_back()
    context.close()


def test_what_a_link_has_and_nobody_understands_is_named(browser: Browser, site: Path) -> None:
    page, faults = planned(browser, site, "#instances=99&cloud=china&INSTANCES=3&content=&uses=&n.proxy=p.example:1")
    remarks = page.locator(".cmg-remarks")
    assert "Not understood in this link: instances=99, cloud=china, INSTANCES=3." in remarks.inner_text()
    page.get_by_label("VM instances").select_option(label="1")
    page.get_by_label("Serves content").check()
    assert "Not understood" not in remarks.inner_text()
    assert faults == []


def test_the_front_page_leads_to_the_same_plan_on_its_own_page(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site, name="index.html")
    page.get_by_label("VM instances").select_option(label="3")
    page.locator("article a[href*='planner.html']").first.click()
    page.wait_for_selector(".cmg-verdict p")
    assert "planner.html#instances=3" in page.url
    assert any("10124-10126" in row for row in rules(page))


def test_a_fault_in_a_link_is_shown_where_it_is(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site, f"#n.site-server={quote(MARKUP)}")
    assert page.locator('[name="n.site-server"]').is_visible()


def test_what_is_entered_for_one_server_is_that_of_all_its_roles(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site)
    before = len(rules(page))
    page.get_by_text("Your names and addresses").click()
    page.fill('[name="n.site-server"]', "srv1.fabrikam.com")
    page.wait_for_timeout(PAUSE_MS)
    assert len(rules(page)) == before
    assert "cm1.corp.example" not in page.locator("#cmg-view-rules").inner_text()
    assert "These hosts are still examples: CMG connection point" in page.locator(".cmg-planner").inner_text()


def test_it_says_little_to_those_who_hear_the_page(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site)
    page.get_by_text("Your names and addresses").click()
    page.wait_for_timeout(PAUSE_MS)
    page.evaluate(
        "globalThis.said = 0; new MutationObserver(() => said++).observe(document.querySelector('.cmg-status'), "
        "{childList: true, characterData: true, subtree: true})"
    )
    page.locator('[name="n.site-server"]').press_sequentially("cm7.corp.example")
    page.get_by_label("VM instances").select_option(label="2")
    page.wait_for_timeout(PAUSE_MS)
    assert page.evaluate("said") == 1  # not for each letter
    assert page.locator(".cmg-planner [aria-live], .cmg-planner [role=status], .cmg-planner [role=alert]").count() == 1


def test_no_view_has_barriers(browser: Browser, site: Path) -> None:
    page, faults = planned(browser, site, "#instances=2")
    page.evaluate(AXE)
    page.evaluate("document.querySelectorAll('.cmg-form details').forEach((part) => part.open = true)")
    planner = {"include": [[".cmg-planner"]]}
    for label in page.get_by_role("tab").all_inner_texts():
        view(page, label)
        page.evaluate("scrollTo(0, 0)")  # the page's header lies over nothing
        look(page, "dark", 390, planner, LOOK_RULES)
        look(page, "light", 1280, planner, ALL_RULES)
    page.fill('[name="n.site-server"]', MARKUP)
    for theme, width_px in (("dark", 390), ("light", 1280)):
        look(page, theme, width_px, WHOLE, ALL_RULES)
    assert faults == []


def test_a_phone_shows_cards_that_are_a_table_to_a_screen_reader(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, (site / NAME).as_uri(), "light", 390)
    row = page.locator("#cmg-view-rules tbody tr").first
    assert row.get_attribute("role") == "row"
    assert row.evaluate("row => getComputedStyle(row).display") == "block"


@pytest.mark.parametrize("name", [NAME])
def test_without_scripts_there_are_ready_made_plans(browser: Browser, site: Path, name: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((site / name).as_uri())
    tables = page.locator("noscript table:visible, table:visible").all()
    texts = [table.inner_text() for table in tables]
    assert len(texts) == 3
    assert "10124-10125" in texts[1]
    assert "10124-10126" in texts[2]
    assert not page.locator("[data-cmg-planner]").is_visible()
    page.context.close()


@pytest.mark.parametrize("label", ["Rules", "If a port is blocked", "Export"])
def test_paper_has_the_rules_and_not_the_form(browser: Browser, site: Path, label: str) -> None:
    page, _ = planned(browser, site)
    view(page, label)
    page.emulate_media(media="print")
    shown = "blocked" if "blocked" in label else "rules"
    assert page.locator(f"#cmg-view-{shown} tbody tr").first.is_visible()
    assert page.locator(".cmg-verdict").is_visible()
    assert page.locator(".cmg-planner :is(form, button, label, select, pre):visible").count() == 0
    assert not page.get_by_text("Choose how your gateway is deployed").is_visible()
    assert "scale set with one VM instance, with content" in page.locator(".cmg-answers").inner_text()
    assert page.locator(".cmg-answers").is_visible()
    page.emulate_media(media="screen")


def test_forced_colours_leave_tabs_and_outcomes_readable(browser: Browser, site: Path) -> None:
    page, _ = planned(browser, site)
    page.emulate_media(forced_colors="active")
    view(page, "Picture")
    fills = "texts => [...new Set(texts.map((text) => getComputedStyle(text).fill))].length"
    assert page.locator(".cmg-plan-picture text").evaluate_all(fills) == 1
    view(page, "If a port is blocked")
    colours = "tab => [getComputedStyle(tab).color, getComputedStyle(tab).backgroundColor]"
    chosen = page.locator("[role=tab][aria-selected=true]").evaluate(colours)
    others = page.locator("[role=tab][aria-selected=false]").first.evaluate(colours)
    assert chosen != others
    assert chosen[0] != chosen[1]
    signs = page.locator("#cmg-view-blocked .cmg-outcome").all_inner_texts()
    assert signs
    assert all(sign[0] in "✓△✕?" and len(sign) > 5 for sign in signs)
    page.evaluate(AXE)
    assert page.evaluate(VIOLATIONS, [{"include": [[".cmg-planner"]]}, ALL_RULES]) == []
    page.emulate_media(forced_colors="none")


def test_its_files_are_small(site: Path) -> None:
    sizes = {name: (site / "_static" / name).stat().st_size for name in FILES}
    assert sum(sizes.values()) <= LARGEST_KB * 1000, sizes
