"""The page for logs as people meet it: pasted lines, files, the keyboard, and whatever lines hold."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page
from test_pages import ALL_RULES, AXE, LOOK_RULES, look, opened

from cmgdocs.diagnose import blocks
from cmgdocs.diagnose.diagnosis import Diagnoser, Diagnosis
from cmgdocs.diagnose.knowledge import Knowledge
from cmgdocs.facts import load
from cmgdocs.views.diagnosis_tables import diagnosis_report
from cmgdocs.views.table import plain

NAME = "how-to/find-the-cause-in-a-log.html"
CASES = Path(__file__).resolve().parents[1] / "diagnose" / "cases.toml"
WITH_LINES = [case for case in tomllib.loads(CASES.read_text(encoding="utf-8"))["case"] if "lines" in case]
LINES = [line for case in WITH_LINES for line in case["lines"]]
MARKUP = '<img src=x onerror="document.title=1"> $& {log}'
LARGEST_KB = 275
FILES = ("elements.js", "diagnose-core.js", "diagnose.js", "diagnose.css", "diagnose-data.js")
# Cause, network and remedy are below the bar at the top and above the end of the window, the last as far as the
# first of its lines on a phone.
IN_SIGHT = """
(phone) => {
  const bar = document.querySelector(".bd-header-article").getBoundingClientRect();
  const top = Math.max(0, bar.bottom); // it stays where it is while the page moves
  return ["cause", "network", "remedy"].every((name) => {
    const text = document.createRange();
    const part = document.querySelector(`.cmg-verdict .cmg-${name}`);
    if (!part) return false;
    text.selectNodeContents(part);
    const lines = [...text.getClientRects()].slice(0, phone && name === "remedy" ? 1 : undefined);
    return lines.every((line) => line.top >= top && line.bottom <= innerHeight);
  });
}
"""
DROP = """
([name, size]) => {
  const given = new DataTransfer();
  given.items.add(new File([new Uint8Array(size)], name));
  const drop = new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true});
  document.querySelector(".cmg-diagnosis").dispatchEvent(drop);
}
"""
PASTE = """
(text) => {
  const given = new DataTransfer();
  given.setData("text/plain", text);
  const paste = new ClipboardEvent("paste", {clipboardData: given, cancelable: true});
  document.querySelector("#cmg-lines").dispatchEvent(paste);
}
"""


def page_for_logs(browser: Browser, site: Path, *how: Any) -> tuple[Page, list[str]]:
    page, faults = opened(browser, (site / NAME).as_uri(), *how)
    page.wait_for_selector("#cmg-lines")
    return page, faults


def read(page: Page, text: str) -> None:
    """Enter the first lines, and wait until they have been read."""
    page.fill("#cmg-lines", text)
    page.wait_for_selector(".cmg-verdict p")


def one_line(text: str) -> str:
    return " ".join(text.split())


def verdict(page: Page) -> str:
    return one_line(page.locator(".cmg-verdict").inner_text())


def of_command(*logs: tuple[str, str, bytes]) -> Diagnosis:
    """What the command finds in logs: the name of each, that of the log in the facts, and what it holds."""
    knowledge = Knowledge.of(load())
    diagnoser = Diagnoser(knowledge)
    for name, log, content in logs:
        diagnoser.begin(name, knowledge.log_of(log))
        blocks.read(io.BytesIO(content), diagnoser)
    return diagnoser.result()


def assert_said_alike(page: Page, found: Diagnosis) -> None:
    """Command and page say the same."""
    report = diagnosis_report(load(), (), found)
    assert verdict(page).replace(" inferred ", " ") == " ".join(report.lead)
    sections = page.locator(".cmg-finding").all()
    captions = page.locator(".cmg-finding h2").all_inner_texts()
    assert captions == [table.caption for table in report.tables]
    for section, table in zip(sections, report.tables, strict=True):
        if table.id == "unknown":
            continue
        told = [(plain(name), one_line(plain(cell))) for name, cell in (line.cells for line in table.lines)]
        names, cells = (section.locator(tag).all_inner_texts() for tag in ("dt", "dd"))
        shown = [(name, one_line(cell)) for name, cell in zip(names, cells, strict=True)]
        assert shown == [(name, cell.replace("(inferred)", "inferred")) for name, cell in told]


def test_pasted_lines_show_what_the_command_says(browser: Browser, site: Path) -> None:
    page, faults = page_for_logs(browser, site)
    text = "\n".join([*LINES, "ERROR: the printer is out of paper"])
    read(page, text)
    assert_said_alike(page, of_command(("Pasted lines", "", text.encode())))
    live = page.locator(".cmg-diagnosis :is([aria-live], [role=status], [role=alert])")
    assert live.evaluate_all("found => found.map(({className}) => className)") == ["cmg-files", "cmg-verdict cmg-wrong"]
    assert faults == []


def test_the_example_leads_to_its_flow_by_keyboard_alone(browser: Browser, site: Path) -> None:
    page, faults = page_for_logs(browser, site)
    page.locator("#cmg-lines").focus()
    for label in ("Choose files", "Try an example"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == label
    page.keyboard.press("Enter")
    page.wait_for_selector(".cmg-finding")
    assert verdict(page).startswith("Cause: A port of the channel is blocked Network: yes Do this: ")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for _ in range(2):  # the symptom, then the flow
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(":target", state="attached")
    assert page.url.endswith("/reference/flows.html#flow-F06")
    page.go_back()
    page.wait_for_selector("#cmg-lines")
    page.get_by_role("button", name="Try an example").click()
    page.get_by_role("button", name="Clear").click()
    assert verdict(page) == ""
    assert page.locator(".cmg-finding").count() == 0
    assert page.evaluate("document.activeElement.id") == "cmg-lines"
    assert faults == []


@pytest.mark.parametrize(("width_px", "height_px"), [(1280, 800), (390, 844)])
def test_cause_network_and_remedy_are_in_sight(browser: Browser, site: Path, width_px: int, height_px: int) -> None:
    page, faults = page_for_logs(browser, site)
    page.set_viewport_size({"width": width_px, "height": height_px})
    for case in WITH_LINES:
        if case["cause"] == "none":
            continue
        page.fill("#cmg-lines", "\n".join(case["lines"]))
        page.wait_for_function(IN_SIGHT, arg=width_px < 600)
        assert page.evaluate("document.activeElement.id") == "cmg-lines"
        page.get_by_role("button", name="Clear").click()
        page.evaluate("scrollTo(0, 0)")
    assert faults == []


def test_a_paste_shows_its_beginning_and_makes_room_for_the_answer(browser: Browser, site: Path) -> None:
    page, faults = page_for_logs(browser, site)
    high = page.locator("#cmg-lines").evaluate("box => box.clientHeight")
    page.fill("#cmg-lines", "\n".join(LINES[:20]))
    for keys in ("Control+A", "Control+X", "Control+V"):
        page.locator("#cmg-lines").press(keys)
    page.wait_for_selector(".cmg-finding")
    page.wait_for_function("(({scrollLeft, scrollTop}) => scrollLeft + scrollTop === 0)(document.activeElement)")
    assert page.locator("#cmg-lines").evaluate("box => box.clientHeight") < high
    assert not page.get_by_text("can be chosen as files").is_visible()
    page.get_by_role("button", name="Clear").click()
    assert page.locator("#cmg-lines").evaluate("box => box.clientHeight") == high
    assert page.get_by_text("can be chosen as files").is_visible()
    assert faults == []


def test_what_works_again_and_what_is_old_is_said_as_the_command_says_it(browser: Browser, site: Path) -> None:
    page, faults = page_for_logs(browser, site)
    for ident in ("first-minutes-are-noisy", "second-cause-days-later"):
        text = "\n".join(line for case in WITH_LINES if case["id"] == ident for line in case["lines"])
        read(page, text)
        assert_said_alike(page, of_command(("Pasted lines", "", text.encode())))
        page.get_by_role("button", name="Clear").click()
    assert faults == []


def test_files_are_read_as_the_command_reads_them(browser: Browser, site: Path) -> None:
    page, faults = page_for_logs(browser, site)
    error = "ERROR: \u00fcber \u20ac\n"
    logs = [
        ("CloudMgr.log", (error + LINES[0]).encode("cp1252")),
        ("CloudMgr.lo_", (error + LINES[2]).encode("utf-16")),
        ("SMS_Cloud_ProxyConnector.log", ("\ufeff" + LINES[1]).encode()),
    ]
    chosen: list[FilePayload] = [{"name": name, "mimeType": "", "buffer": content} for name, content in logs]
    page.set_input_files(".cmg-diagnosis input[type=file]", chosen)
    page.wait_for_selector(".cmg-finding")
    in_order = [logs[1], logs[0], logs[2]]
    assert_said_alike(page, of_command(*((name, name[:-4], content) for name, content in in_order)))
    unknown = page.locator(".cmg-finding").last.inner_text()
    assert unknown.count(error.strip()) == 2
    assert faults == []


def test_what_is_large_is_listed_and_what_is_too_large_is_refused(browser: Browser, site: Path) -> None:
    page, faults = page_for_logs(browser, site)
    page.evaluate(PASTE, "\n".join([*LINES, *["Executing task"] * 4000]))
    page.wait_for_selector(".cmg-finding")
    assert page.input_value("#cmg-lines") == ""
    page.evaluate(DROP, ["huge.log", 50_000_000])
    page.wait_for_selector(".cmg-files li + li")
    pasted, huge = page.locator(".cmg-files li").all_inner_texts()
    assert pasted.startswith("Pasted lines, ")
    assert huge.startswith("huge.log, 50.0 MB: not read")
    assert huge.endswith("use the command cmgdocs diagnose")
    assert faults == []


def test_nothing_that_is_pasted_is_run(browser: Browser, site: Path) -> None:
    page, faults = page_for_logs(browser, site)
    title = page.title()
    unknown = f"ERROR: {MARKUP}"
    known = f"ERROR: Failed to build Http connection with server A.EXAMPLE:10125. The operation has timed out {MARKUP}"
    read(page, f"{known}\n{unknown}\n{unknown * 3000}")
    assert page.locator(".cmg-finding :is(img, script)").count() == 0
    assert page.locator(".cmg-finding code").all_inner_texts()[:2] == [known, unknown]
    assert page.title() == title
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults == []


def test_nothing_found_is_no_promise(browser: Browser, site: Path) -> None:
    page, _ = page_for_logs(browser, site)
    read(page, "all is well")
    assert verdict(page).startswith("None of these lines shows a fault that is known here. That does not prove")
    colour = "verdict => getComputedStyle(verdict).borderLeftColor"
    works = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--cmg-works')")
    assert page.locator(".cmg-verdict").evaluate(colour) != works


def test_a_long_result_has_no_barriers(browser: Browser, site: Path) -> None:
    page, faults = page_for_logs(browser, site)
    read(page, "\n".join([*LINES[:8], f"ERROR: {'a' * 3000}"]))
    page.evaluate(AXE)
    box: dict[str, object] = {"include": [[".cmg-diagnosis"]]}
    for theme, width_px in (("dark", 390), ("light", 390), ("dark", 1280)):
        look(page, theme, width_px, box, LOOK_RULES)
    look(page, "light", 1280, box, ALL_RULES)
    assert faults == []


def test_without_scripts_there_is_the_command(browser: Browser, site: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((site / NAME).as_uri())
    assert page.get_by_text("cmgdocs diagnose SMS_Cloud_ProxyConnector.log").is_visible()
    assert not page.locator("[data-cmg-diagnosis]").is_visible()
    assert not page.get_by_text("can be chosen as files").is_visible()
    page.context.close()


def test_its_files_are_small(site: Path) -> None:
    sizes = {name: (site / "_static" / name).stat().st_size for name in FILES}
    assert sum(sizes.values()) <= LARGEST_KB * 1000, sizes
