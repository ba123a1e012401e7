"""Every link inside the site leads to a file that is there, at an anchor that is there."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Reader(HTMLParser):
    """Collects the targets and the anchors of one page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors.update(values[name] for name in ("id", "name") if name in values)
        self.targets += [values[name] for name in ("href", "src", "xlink:href") if name in values]


@cache
def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def test_links_lead_somewhere(site: Path, page_name: str) -> None:
    page, wrong = site / page_name, []
    for target in read(page).targets:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or not target.strip("#") or target.startswith("/"):  # of the page 404
            continue
        file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        anchored = not parts.fragment or file.suffix != ".html"
        if not file.is_file() or not (anchored or unquote(parts.fragment) in read(file).anchors):
            wrong.append(target)
    assert wrong == []
