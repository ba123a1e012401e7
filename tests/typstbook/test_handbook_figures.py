"""Where figures go: into their chapter, and never into the list behind them."""

from __future__ import annotations

from typing import Any

import pytest
from tinybook import Handbook, pages

WORDS = "Some words that fill a line of the page, and some more of them.\n\n"
FIGURE = "```{figure} tall.svg\n:alt: x\n\nCaption.\n```\n\n"
LIST = "".join(f"- Item {number}\n" for number in range(30))
SIZE = "width='400' height='600'"
BEFORE = range(0, 24, 4)
FILES: dict[str, str | bytes] = {
    "tall.svg": f"<svg xmlns='http://www.w3.org/2000/svg' {SIZE}><rect {SIZE}/></svg>",
    **{f"text-{lines}": WORDS * (lines + 1) + FIGURE + WORDS * 24 for lines in BEFORE},
    **{f"list-{lines}": f"{WORDS}\n## Then\n\n{WORDS * lines}{FIGURE}{LIST}" for lines in BEFORE},
}
PLACE = "it => (it.location().page(), it.location().position().y.pt())"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Handbook:
    return pages(tmp_path_factory.mktemp("figures"), FILES)


def _placed(book: Handbook, query: str) -> list[tuple[Any, ...]]:
    return [tuple(place) for place in book.ask(f"query({query}).map({PLACE})")]


def test_no_figure_leaves_its_chapter(book: Handbook) -> None:
    starts = [*_placed(book, "heading.where(supplement: [Chapter])")[2:], (999, 0)]  # behind contents and title
    figures = _placed(book, 'figure.where(kind: "picture")')
    assert len(figures) == len(starts) - 1 == 2 * len(BEFORE)
    for figure, start, end in zip(figures, starts, starts[1:], strict=False):
        assert start < figure < end


def test_no_figure_cuts_the_list_behind_it(book: Handbook) -> None:
    figures = _placed(book, 'figure.where(kind: "picture")')[len(BEFORE) :]
    lists = _placed(book, "list")
    assert len(lists) == len(figures)
    assert all(figure < items for figure, items in zip(figures, lists, strict=True))


def test_text_flows_on_before_a_figure_that_has_no_room(book: Handbook) -> None:
    floats = [book.part(f"text-{lines}").count("floats: true") for lines in BEFORE]
    stays = [book.part(f"list-{lines}").count("floats: true") for lines in BEFORE]
    assert (floats, stays) == ([1] * len(BEFORE), [0] * len(BEFORE))
