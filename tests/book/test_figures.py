"""The page of figures: all that the session ``bench`` makes, from the one file that it writes, and nothing typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sphinx.testing.util import SphinxTestApp

from cmgdocs.render.plot import plot

ROOT = Path(__file__).resolve().parents[2]
FILE = json.loads((ROOT / "bench" / "figures.json").read_text(encoding="utf-8"))
FIGURES = FILE["figures"]
DEVELOPERS = ROOT / "book" / "developers"
PAGE = (DEVELOPERS / "figures.md").read_text(encoding="utf-8")
CONF = """
extensions = ["myst_parser", "cmgdocs.book"]
source_suffix = {".md": "markdown"}
suppress_warnings = ["myst.header"]
"""
Build = Callable[[dict[str, Any], str], tuple[str, str]]


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """What the session measures; nothing is measured here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "bench"))
        import measures

        yield measures


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build a page next to a file of figures: its text, cells separated by bars, and the warnings."""

    def run(file: dict[str, Any], page: str) -> tuple[str, str]:
        for name, content in {
            "bench/figures.json": json.dumps(file),
            "book/conf.py": CONF,
            "book/index.md": page,
        }.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        app = SphinxTestApp("html", tmp_path / "book")
        app.build()
        app.cleanup()
        html = Path(app.outdir, "index.html").read_text(encoding="utf-8")
        html = re.sub(r"</?(?:code|span|wbr)\b[^>]*>", "", html)
        return re.sub(r"(\s*<[^>]+>\s*)+", "|", html), app.warning.getvalue()

    return run


def test_the_file_has_every_figure_that_is_measured_with_its_words(bench: Any) -> None:
    words = {name: figure.words() for name, figure in bench.FIGURES.items()}
    found = {name: {key: entry[key] for key in words.get(name, entry)} for name, entry in FIGURES.items()}
    assert found == words, "run: python3 noxfile.py -s bench"


def test_the_page_has_every_figure() -> None:
    groups = {name.partition("-")[0] for name, entry in FIGURES.items() if not entry["sizes"]}
    assert sorted(re.findall(r"^```\{figures\} (.+)$", PAGE, re.MULTILINE)) == sorted(groups)
    growths = [name for name, entry in FIGURES.items() if entry["sizes"]]
    assert sorted(re.findall(r"^```\{growth\} (.+)$", PAGE, re.MULTILINE)) == sorted(growths)


def test_the_page_shows_the_numbers_of_the_file(build: Build) -> None:
    file, fresh, rows = json.loads(json.dumps(FILE)), count(10_001), []
    for entry in file["figures"].values():
        entry["ratios"] = {kind: [next(fresh) for _ in entry["sizes"]] or next(fresh) for kind in entry["ratios"]}
        if entry["sizes"]:
            rows += [(f"{size:,}", row) for size, *row in zip(entry["sizes"], *entry["ratios"].values(), strict=True)]
        else:
            rows.append((entry["what"], [*entry["ratios"].values()]))
    text, warnings = build(file, PAGE)
    assert warnings == ""
    for head, numbers in rows:
        wanted = re.escape(f"|{head}|") + "".join(rf"[^\n]*?\b{number}\b" for number in numbers)
        assert re.search(wanted, text), head


def test_what_was_left_out_is_said(build: Build) -> None:
    words = {"what": "ours", "against": "theirs", "shows": "all", "sizes": []}
    file = {"machine": "none", "figures": {"draw-x": {**words, "ratios": {}, "missing": ["dot"]}}}
    text, warnings = build(file, "# Page\n\nIt is {figure}`draw-x.memory` here.\n\n```{figures} draw\n```\n")
    assert warnings == ""
    assert "It is not measured here." in text
    assert "|ours|theirs|not measured: this machine has no dot|all|" in text


def test_an_unknown_figure_is_a_warning_with_its_place(build: Build) -> None:
    page = "# Page\n\n{figure}`draw-dot.time`\n\n```{figures} drew\n```\n\n```{growth} host\n```\n"
    _, warnings = build(FILE, page)
    for wanted in ("index.md:3: WARNING: no figure 'draw-dot.time'", "index.md:5: WARNING: no group of figures 'drew'"):
        assert wanted in warnings
    assert "index.md:8: WARNING: no growth 'host'; did you mean 'hosts'?" in warnings


def test_decisions_take_from_the_file_what_it_has() -> None:
    measured = {name for entry in FILE["figures"].values() for name in entry.get("versions", {})} - {
        "Python",
        "jupyter-book",
    }
    named = re.compile(rf"\b(?:nox -s bench|bare Python|{'|'.join(map(re.escape, sorted(measured)))})\b")
    typed = re.compile(r"\d (?:ms|s|MB|kB|starts)\b")
    text = (DEVELOPERS / "decisions.md").read_text(encoding="utf-8")
    assert "{figure}`" in text
    assert [line for line in text.splitlines() if named.search(line) and typed.search(line)] == []


def test_a_line_in_proportion_lies_on_the_diagonal() -> None:
    drawn = plot("pages", (1, 2, 8), {"even": [1, 2, 8], "flat": [1, 1, 1]}, "a < b")
    even = re.search(r'class="even" d="M([\d.,]+)L([\d.,]+)"', drawn)
    line, flat = re.findall(r'<g class="line\d"><path d="M([\d.,L]+)"', drawn)
    points = [tuple(map(float, point.split(","))) for point in line.split("L")]
    assert even
    assert line.split("L")[::2] == [even[1], even[2]]
    assert (points[1][0] - points[0][0]) / (points[2][0] - points[0][0]) == pytest.approx(1 / 3, abs=0.001)
    assert len({point.partition(",")[2] for point in flat.split("L")}) == 1
    assert 'aria-label="a &lt; b"' in drawn
