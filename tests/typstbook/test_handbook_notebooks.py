"""Cells of notebooks show source and output in the form that suits paper."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from conftest import Build
from tinybook import Handbook

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>Alt</title></svg>'


def notebook(*outputs: dict[str, Any], source: str = "ask()", **metadata: Any) -> str:
    """Write a notebook of one code cell."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Page"},
        {"cell_type": "code", "metadata": metadata, "execution_count": 1, "source": source, "outputs": list(outputs)},
    ]
    info = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": cells, "metadata": info, "nbformat": 4, "nbformat_minor": 4})


def result(**data: str) -> dict[str, Any]:
    """Write an output that is displayed, in several forms."""
    forms = {name.replace("__", "+").replace("_", "/"): text for name, text in data.items()}
    return {"output_type": "execute_result", "data": forms, "metadata": {}, "execution_count": 1}


@pytest.fixture
def cell(build: Build) -> Any:
    """Give a function that builds a book of one cell."""

    def run(*outputs: dict[str, Any], strict: bool = True, **metadata: Any) -> Handbook:
        return build({"index.ipynb": notebook(*outputs, **metadata)}, strict=strict)

    return run


def test_source_and_plain_text(cell: Any) -> None:
    source = cell(result(text_plain="11")).source
    assert '#cell-source(true)[#code("ask()", lang: "python", kind: "source"' in source
    assert '#cell-output[#code("11", lang: none, kind: "output"' in source


def test_streams(cell: Any) -> None:
    streams = ("stdout", "stderr")
    source = cell(*({"output_type": "stream", "name": n, "text": f"{n}\n"} for n in streams)).source
    assert '#code("stdout", lang: none, kind: "output"' in source
    assert '#code("stderr", lang: none, kind: "stderr"' in source


def test_a_picture_is_preferred_and_describes_itself(cell: Any) -> None:
    source = cell(result(text_plain="no", text_html="<b>no</b>", image_svg__xml=SVG)).source
    assert '#picture("images/001.svg", "Alt", auto)' in source


def test_a_pixel_picture_needs_an_alt_text_of_its_cell(cell: Any, png: bytes) -> None:
    picture = result(image_png=base64.b64encode(png).decode())
    assert "no alternative text" in cell(picture, strict=False).warnings
    told = cell(picture, mystnb={"image": {"alt": "Told"}})
    assert '"Told", auto)' in told.source


def test_markdown_is_preferred_to_html(cell: Any) -> None:
    source = cell(result(text_html="<b>no</b>", text_markdown="| a |\n|--:|\n| 1 |")).source
    assert "table.cell(align: right)[1]" in source


def test_html_gives_way_to_any_other_form(cell: Any) -> None:
    source = cell(result(text_plain="plain", text_html="<b>no</b>")).source
    assert "plain" in source
    assert "<b>" not in source


@pytest.mark.parametrize(
    ("tag", "source", "output"),
    [
        ("hide-input", False, True),
        ("remove-input", False, True),
        ("hide-output", True, False),
        ("remove-output", True, False),
        ("hide-cell", False, False),
        ("remove-cell", False, False),
    ],
)
def test_hidden_parts_stay_hidden(tag: str, source: bool, output: bool, cell: Any) -> None:
    text = cell(result(text_plain="answer"), tags=[tag]).source
    assert ("ask" in text, "answer" in text) == (source, output)
