"""Cells of notebooks show source and output in the form that suits paper."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tinybook import RED, Handbook, pages

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>Alt</title></svg>'


def notebook(*outputs: dict[str, Any], **metadata: Any) -> str:
    """Write a notebook of one code cell."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Page"},
        {"cell_type": "code", "metadata": metadata, "execution_count": 1, "source": "ask()", "outputs": list(outputs)},
    ]
    info = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": info, "nbformat": 4, "nbformat_minor": 4})


def result(**data: str) -> dict[str, Any]:
    """Write an output that is displayed, in several forms."""
    forms = {name.replace("__", "+").replace("_", "/"): text for name, text in data.items()}
    return {"output_type": "execute_result", "data": forms, "metadata": {}, "execution_count": 1}


SQUARE = result(image_png=base64.b64encode(RED).decode())
HIDDEN = {  # tag: whether source and output are shown
    "hide-input": (False, True),
    "remove-input": (False, True),
    "hide-output": (True, False),
    "remove-output": (True, False),
    "hide-cell": (False, False),
    "remove-cell": (False, False),
}
CELLS = {
    "plain": notebook(result(text_plain="11")),
    "streams": notebook(*({"output_type": "stream", "name": n, "text": f"{n}\n"} for n in ("stdout", "stderr"))),
    "picture": notebook(result(text_plain="no", text_html="<b>no</b>", image_svg__xml=SVG)),
    "pixels": notebook(SQUARE, mystnb={"image": {"alt": "Described"}}),
    "markdown": notebook(result(text_html="<b>no</b>", text_markdown="| a |\n|--:|\n| 1 |")),
    "html": notebook(result(text_plain="plain", text_html="<b>no</b>")),
    **{tag: notebook(result(text_plain="answer"), tags=[tag]) for tag in HIDDEN},
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    return pages(tmp_path_factory.mktemp("cells"), {f"{name}.ipynb": text for name, text in CELLS.items()})


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("plain", '#cell-source(true)[#code("ask()", lang: "python", kind: "source"'),
        ("plain", '#cell-output[#code("11", lang: none, kind: "output"'),
        ("streams", '#code("stdout", lang: none, kind: "output"'),
        ("streams", '#code("stderr", lang: none, kind: "stderr"'),
        ("picture", '#picture("images/001.svg", "Alt", auto)'),
        ("pixels", '#picture("images/002.png", "Described", auto)'),
        ("markdown", "table.cell(align: right)[1]"),
        ("html", '#code("plain"'),
    ],
)
def test_an_output_takes_the_form_that_suits_paper_best(name: str, form: str, book: Handbook) -> None:
    assert form in book.part(name)
    assert "<b>" not in book.part(name)


def test_a_pixel_picture_without_an_alt_text_is_a_warning(tmp_path: Path) -> None:
    assert "no alternative text" in pages(tmp_path, {"pixels.ipynb": notebook(SQUARE)}, strict=False).warnings


@pytest.mark.parametrize("tag", HIDDEN)
def test_hidden_parts_stay_hidden(tag: str, book: Handbook) -> None:
    assert ("ask" in book.part(tag), "answer" in book.part(tag)) == HIDDEN[tag]
