"""Notebooks that run in their pages, where the session `live` put Python beside the site."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

BOOK = Path(__file__).resolve().parents[2] / "book"
NOTEBOOKS = sorted(path.stem for path in (BOOK / "notebooks").glob("*.ipynb"))
STARTS_MS = 180_000  # far more than a busy machine needs
TABLES = '() => [...document.querySelectorAll(".cell_output table")].map((table) => table.innerText)'
EVERY_TEXT = "() => document.querySelector('.bd-article').innerText"
VIOLATIONS = """
() => axe.run({include: [["html"]]}, {resultTypes: ["violations"]})
  .then(({violations}) => violations.map(({id, nodes}) => [id, nodes.map(({html}) => html)]))
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    if not (site / "_live").is_dir():
        pytest.skip(f"{site / '_live'}: not there; run: python3 noxfile.py -s live")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def page(browser: Browser, served: str) -> Iterator[Page]:
    with browser.new_context(reduced_motion="reduce") as context:
        opened, faults = context.new_page(), []
        opened.on("request", lambda r: r.url.startswith((served, "data:")) or faults.append(r.url))
        opened.on("console", lambda m: m.type in ("error", "warning") and faults.append(m.text))
        opened.on("pageerror", lambda error: faults.append(str(error)))
        yield opened
        assert faults == []


def run(page: Page, words: str = "Run in this page") -> None:
    page.get_by_role("button", name=words).press("Enter")
    page.get_by_text("Done; the first output took").wait_for(timeout=STARTS_MS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_in_its_page(page: Page, served: str, name: str) -> None:
    page.goto(f"{served}/notebooks/{name}.html")
    tables, pictures = page.evaluate(TABLES), page.locator(".cell_output .cmg-diagram svg").count()
    run(page)
    print(name, page.locator(".cmg-download [role=status]").inner_text())
    assert page.evaluate(TABLES) == tables
    assert page.locator(".cell_output .cmg-diagram svg").count() == pictures
    shown = page.evaluate(EVERY_TEXT)
    assert not [word for word in ("Traceback", "Error:", "MissingExtra", "no module") if word in shown]


def test_a_changed_cell_and_those_below_it_run_again(page: Page, served: str) -> None:
    page.goto(f"{served}/notebooks/from-facts-to-ports.html")
    run(page)
    cell = page.get_by_role("textbox", name="Code of cell 5")
    cell.fill(cell.input_value().replace("(1, 2, 3, 16)", "(7,)"))
    cell.press("Control+Enter")
    page.get_by_text("('10139 + i', ['10140-10146'])").wait_for()


def test_an_error_is_one_line_and_a_cell_without_end_can_be_stopped(page: Page, served: str) -> None:
    page.goto(f"{served}/notebooks/read-the-perimeter.html")
    run(page)
    page.get_by_role("textbox", name="Code of cell 2").fill("1 / 0")
    page.get_by_role("button", name="Run from here: cell 2").click()
    page.get_by_text("ZeroDivisionError: division by zero", exact=True).wait_for()
    page.get_by_role("button", name="Run again").wait_for()
    page.get_by_role("textbox", name="Code of cell 1").fill("while True: pass")
    page.get_by_role("button", name="Run again").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_runs_has_no_barriers(browser: Browser, served: str, theme: str) -> None:
    with browser.new_context(bypass_csp=True, color_scheme=theme, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{served}/notebooks/how-the-channel-falls-back.html")
        run(page)
        page.evaluate(Axe().axe_script)
        assert page.evaluate(VIOLATIONS) == []
        page.set_viewport_size({"width": 390, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_from_a_folder_there_is_no_button(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "notebooks" / "read-the-perimeter.html").as_uri())
    assert page.get_by_role("button", name="Run in this page").count() == 0
    page.close()
