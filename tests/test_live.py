"""Cells as the browser's Python runs them; here there is Graphviz, so what is missing there is played."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cmgdocs import live, notebook

ROOT = Path(__file__).resolve().parents[1]
LOADED = "import sys, cmgdocs.live, cmgdocs.notebook; print(*sys.modules)"


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> live.Session:
    monkeypatch.chdir(ROOT / "book" / "notebooks")
    return live.Session()


def test_a_cell_shows_what_it_prints_and_its_last_value(session: live.Session) -> None:
    assert session.run("x = 2") == []
    assert session.run("print('one')\nx") == [(live.TEXT, "one"), (live.TEXT, "2")]


def test_tables_are_those_of_the_stored_outputs(session: live.Session) -> None:
    cells = json.loads(Path("from-nothing-to-a-rule-request.ipynb").read_text("utf-8"))["cells"]
    tables = 0
    for cell in (cell for cell in cells if cell["cell_type"] == "code"):
        shown = session.run("".join(cell["source"]))
        for output in cell["outputs"]:
            if "text/markdown" in output.get("data", {}):
                assert shown == [(live.HTML, "".join(output["data"]["text/html"]))]
                tables += 1
    assert tables


def test_html_of_others_is_text(session: live.Session) -> None:
    mine = "class Mine:\n    def _repr_html_(self): return '<b>'\n    def __repr__(self): return 'mine'\nMine()"
    assert session.run(mine) == [(live.TEXT, "mine")]


def test_an_error_is_one_line(session: live.Session) -> None:
    assert session.run("1 / 0") == [(live.TEXT, "ZeroDivisionError: division by zero")]
    assert session.run("unknown") == [(live.TEXT, "NameError: name 'unknown' is not defined")]
    assert "SyntaxError" in session.run("1 +")[0][1]


def test_what_a_browser_cannot_do_keeps_what_is_stored(session: live.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = "from dotpicture import EngineError\nraise EngineError('none')"
    assert session.run(draw) == [(live.STORED, live.NO_GRAPHVIZ)]
    monkeypatch.setattr(sys, "platform", "emscripten")
    session.run("from cmgdocs import notebook\nfacts = site = None")
    assert session.run('played = notebook.experiment(facts, "history", site)') == [(live.STORED, live.NO_SOCKETS)]
    assert session.run("played.picture('x')") == [(live.STORED, live.UNKNOWN)]


def test_neither_needs_what_a_browser_lacks() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True).stdout.split()
    assert not {"typst", "pygraphviz", "xlsxwriter", "h11", "cryptography", "IPython", "ssl"} & {*loaded}


def test_controls_are_for_a_kernel_of_jupyter_with_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    table = notebook.ShownTables(())
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert notebook.controls(lambda n=3: table, n=(1, 16)) is table
    monkeypatch.setenv("JPY_SESSION_NAME", "mine.ipynb")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert notebook.controls(lambda n=3: table, n=(1, 16)) is table
