"""What the tests of the handbook share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tinybook import Handbook, built, square

Build = Callable[..., Handbook]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Give a function that builds a book from texts of files; with ``strict`` it must be clean."""

    def run(files: dict[str, str | bytes], *, strict: bool = True, **config: Any) -> Handbook:
        return built(tmp_path, files, strict=strict, **config)

    return run


@pytest.fixture
def page(build: Build) -> Callable[..., Handbook]:
    """Give a function that builds a book of one page with that text."""

    def run(text: str, *, strict: bool = True, **config: Any) -> Handbook:
        return build({"index.md": f"# Page\n\n{text}\n"}, strict=strict, **config)

    return run


@pytest.fixture(scope="session")
def png() -> bytes:
    """A red square of 40 pixels."""
    return square(40, (200, 30, 30))
