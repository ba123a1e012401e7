"""Notebooks: what a cell shows is stable, and a stored output that no longer holds is noticed."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from cmgdocs import notebook
from cmgdocs.facts.model import System
from cmgdocs.site.model import Deployment

ROOT = Path(__file__).resolve().parents[1]
FOLDER, EXAMPLES = ROOT / "book" / "notebooks", ROOT / "examples"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def test_there_are_at_least_four_and_each_is_on_the_site() -> None:
    assert len(NOTEBOOKS) >= 4
    contents = (ROOT / "book" / "_toc.yml").read_text(encoding="utf-8")
    named = {f"{name}.ipynb" for name in re.findall(r"notebooks/([\w-]+)", contents)}
    other = sorted(named ^ {path.name for path in NOTEBOOKS})
    assert not other, f"{', '.join(other)}: not both there and named; where the change is meant: book/_toc.yml"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    def test_every_code_cell_was_run_in_order(self, path: Path) -> None:
        counts = [cell["execution_count"] for cell in cells(path) if cell["cell_type"] == "code"]
        assert counts == list(range(1, len(counts) + 1)), "repair with: python3 noxfile.py -s regen"

    def test_cells_are_short_and_come_between_sentences(self, path: Path) -> None:
        assert all(len(cell["source"]) <= 11 for cell in cells(path) if cell["cell_type"] == "code")
        assert cells(path)[0]["source"][0].startswith("# ")

    def test_no_output_holds_an_address_or_a_path(self, path: Path) -> None:
        outputs = json.dumps([cell.get("outputs") for cell in cells(path)])
        assert not [word for word in ("object at 0x", "site-packages", "Traceback", "/src/") if word in outputs]


def test_a_table_shows_itself_in_every_form(tiny: System) -> None:
    shown = notebook.ports(tiny)
    assert repr(shown) == "Required ports, edition 1900: three rows"
    assert "<table" in shown._repr_html_()
    assert shown._repr_markdown_().startswith("| Flow |")


def test_a_diagram_is_named_and_described_on_the_page_and_in_the_handbook(tiny: System) -> None:
    shown = notebook.diagram(tiny, "data-flow", prefix="mine")
    assert repr(shown) == "Data flow of the cloud management gateway: three nodes, four arrows"
    svg = ET.fromstring(shown._repr_svg_())
    assert [child.tag for child in svg[:2]] == ["{http://www.w3.org/2000/svg}title", "{http://www.w3.org/2000/svg}desc"]
    assert 'id="mine-' in shown._repr_html_()
    assert 'class="cmg-narrow"' in shown._repr_html_()


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (lambda facts, site: notebook.what_if(facts, site, block=["any:cmg:10125"]), "any:cmg:10125 is blocked"),
        (lambda facts, site: notebook.experiment(facts, "hold", site), "503, no channel"),
    ],
    ids=["what-if", "experiment"],
)
def test_what_becomes_of_a_site_is_a_table_on_the_page_and_in_the_handbook(
    facts: System, shown: Callable[[System, Deployment], Any], words: str
) -> None:
    found = shown(facts, notebook.site(facts, (EXAMPLES / "contoso-two-instances.toml").read_text("utf-8")))
    assert words in found._repr_html_()
    assert words in found._repr_markdown_()
    assert "rows" in repr(found)
    assert found.picture("mine")._repr_svg_().startswith("<svg")


def test_a_table_names_its_sources_by_title_and_date(facts: System) -> None:
    shown = notebook.table(facts, "gaps")
    source = facts.source(facts.gaps[0].sources[0])
    named = f"{source.title} ({source.date})"
    assert f'data-fact="source:{source.id}">{named}<' in shown._repr_html_()
    assert named in shown._repr_markdown_()


def test_a_changed_fact_changes_what_is_shown(tiny: System) -> None:
    limit = dataclasses.replace(tiny.limits[0], value=2)
    changed = dataclasses.replace(tiny, limits=(limit,))
    assert "7001-7003" in notebook.ports(tiny)._repr_html_()
    assert "7001-7002" in notebook.ports(changed)._repr_html_()


def test_a_stored_output_that_no_longer_holds_fails_its_cell(tmp_path: Path) -> None:
    path = FOLDER / "from-facts-to-ports.ipynb"
    copy = tmp_path / path.name
    shutil.copy(FOLDER / "conftest.py", tmp_path)
    copy.write_text(path.read_text(encoding="utf-8").replace("'10140-10142'", "'10140-10143'"), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
        str(copy),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 1
    assert "1 failed" in result.stdout
    assert re.search(rf"{path.name}::Cell \d+: .*; repair with: python3 noxfile\.py -s regen", result.stdout)
