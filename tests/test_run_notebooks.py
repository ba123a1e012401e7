"""How the book's notebooks are run: the same outputs on a quiet machine and on a busy one."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from run_notebooks import executed


def test_what_a_cell_prints_slowly_is_one_output(tmp_path: Path) -> None:
    source = "import sys, time\nprint('one')\nsys.stdout.flush()\ntime.sleep(1)\nprint('two')"
    path = tmp_path / "slow.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)
    (notebook,) = executed([path])
    assert not isinstance(notebook, BaseException), notebook
    assert [output.text for output in notebook.cells[0].outputs] == ["one\ntwo\n"]
