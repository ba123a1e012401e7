"""
Two systems for the tests: a made-up one for mechanisms, the real one for the book as a whole.

Laws are tried with few examples, the same ones in each run, unless ``--hypothesis-profile thorough`` asks for more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from forked import Fwshift
from hypothesis import HealthCheck, Phase, settings

import cmgdocs.fwshift
from cmgdocs.facts import load
from cmgdocs.facts.model import System

HERE = Path(__file__).parent

# No deadline and no complaint of slowness: a busy machine is no fault.
settings.register_profile(
    "usual",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough", settings.get_profile("usual"), max_examples=100, derandomize=False, print_blob=True
)
# An altered program need only be noticed: the example that does so is not made smaller, which takes much longer.
settings.register_profile(
    "altered", settings.get_profile("usual"), max_examples=10, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("usual")


@pytest.fixture(scope="session")
def tiny() -> System:
    """A shop with a till, a ledger and a gateway; three doors, one edition."""
    return load(HERE / "tiny")


@pytest.fixture(scope="session")
def facts() -> System:
    """The project's own facts."""
    return load()


@pytest.fixture(autouse=True, scope="session")
def any_width() -> Iterator[None]:
    """Forget how wide the terminal of whoever runs the tests is: workers inherit it as COLUMNS."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def loaded_fwshift() -> Iterator[None]:
    """Have fwshift loaded once and not for each run; what tests start as a process begins it as it always does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cmgdocs.fwshift, "subprocess", Fwshift())
        yield
