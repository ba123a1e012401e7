"""Columns get widths that fit, break no word without need and keep type readable."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from typstbook.columns import SIZES, Cell, Layout, layout

WIDTH = st.floats(0.5, 120)


@st.composite
def tables(draw: st.DrawFn) -> list[list[Cell]]:
    """Draw a table of some rows and columns."""
    count = draw(st.integers(1, 9))
    cell = st.builds(
        lambda lines, share: Cell(tuple(lines), max([0.0, *lines]) * share),
        st.lists(WIDTH, max_size=3),
        st.floats(0.05, 1),
    )
    return draw(st.lists(st.lists(cell, min_size=count, max_size=count), min_size=1, max_size=8))


def words_fit(rows: list[list[Cell]], plan: Layout) -> bool:
    return all(
        cell.word * plan.size <= width * 1.001 for row in rows for cell, width in zip(row, plan.widths, strict=True)
    )


def fitted(rows: list[list[Cell]]) -> Layout:
    plan = layout(rows)
    assert plan
    return plan


@given(tables())
def test_a_table_never_leaves_its_room(rows: list[list[Cell]]) -> None:
    if plan := layout(rows):
        assert plan.share <= 1.0001
        assert plan.size in SIZES
        assert words_fit(rows, plan)


def test_a_small_table_keeps_its_width() -> None:
    plan = fitted([[Cell((1.0,), 1.0), Cell((2.0,), 2.0)]])
    assert plan.share < 0.5
    assert plan.size == SIZES[0]


def test_prose_gets_the_room_that_short_columns_leave() -> None:
    short, prose = Cell((5.0,), 5.0), Cell((200.0,), 6.0)
    plan = fitted([[short, prose]] * 5)
    assert plan.widths[1] > 4 * plan.widths[0]


def test_short_columns_give_way_where_prose_makes_a_tall_table() -> None:
    short, prose = Cell((14.0,), 5.0, 3.0), Cell((140.0,), 6.0, 4.0)
    plan = fitted([[short] * 5 + [prose]] * 3)
    assert plan.widths[-1] > 2 * max(plan.widths[:-1])


def test_a_column_of_names_has_two_words_in_a_line() -> None:
    number, name, prose = Cell((2.0,), 2.0, 2.0), Cell((10.6,), 5.6, 3.3), Cell((30.0,), 5.0, 3.0)
    plan = layout([[number, name, number, prose, prose]] * 20)
    assert plan.widths[1] / plan.size >= 0.8 * 10.6


def test_a_column_of_numbers_has_several_in_a_line() -> None:
    numbers, prose = Cell((2.3 * 12,), 2.3, 2.3), Cell((300.0,), 6.0, 4.0)
    plan = fitted([[prose, numbers, prose, prose]])
    assert plan.widths[1] >= 3 * 2.3 * plan.size


def test_towers_and_words_that_would_break_cannot_be_read_as_columns() -> None:
    assert layout([[Cell((300.0,), 4.0) for _ in range(7)]]) is None
    assert layout([[Cell((9.0,), 9.0) for _ in range(7)]]) is None
    assert layout([[Cell((90.0,), 4.0) for _ in range(7)]])


def test_smaller_type_is_tried_before_words_break() -> None:
    plan = fitted([[Cell((7.1,), 7.1) for _ in range(7)]])
    assert plan.size < SIZES[0]
