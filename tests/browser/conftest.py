"""The built site and the machine's Chromium; run by the session ``browser`` only."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

SITE = Path(__file__).resolve().parents[2] / "book" / "_build" / "html"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def site_pages() -> list[str]:
    """Return the paths of all pages below the site's folder, in order."""
    pages = (p.relative_to(SITE).as_posix() for p in sorted(SITE.rglob("*.html")))
    return [page for page in pages if not page.startswith("_")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "page_name" in metafunc.fixturenames:
        metafunc.parametrize("page_name", site_pages() or ["index.html"])


@pytest.fixture(scope="session")
def site() -> Path:
    if not (SITE / "index.html").is_file():
        pytest.fail(f"{SITE}: no site there; run: python3 noxfile.py -s build")
    return SITE


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        looked_for = ", ".join(NAMES)
        pytest.fail(f"PATH: no Chromium, looked for {looked_for}; run: apt-get install chromium")
    with sync_playwright() as playwright:
        # The sandbox of Chromium refuses root, and continuous integration runs as root.
        flags = ["--no-sandbox", "--disable-gpu"]
        chromium = playwright.chromium.launch(executable_path=found, args=flags)
        yield chromium
        chromium.close()
