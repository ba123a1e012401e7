"""Two systems for the tests: a made-up one for mechanisms, the real one for the book as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from forked import Fwshift

import cmgdocs.fwshift
from cmgdocs.facts import load
from cmgdocs.facts.model import System

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def tiny() -> System:
    """A shop with a till, a ledger and a gateway; three doors, one edition."""
    return load(HERE / "tiny")


@pytest.fixture(scope="session")
def facts() -> System:
    """The project's own facts."""
    return load()


@pytest.fixture(autouse=True, scope="session")
def loaded_fwshift() -> Iterator[None]:
    """Have fwshift loaded once and not for each run; what tests start as a process begins it as it always does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cmgdocs.fwshift, "subprocess", Fwshift())
        yield
