"""Whatever a test of the lab starts has to end with it."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def old_things_stay() -> Iterator[None]:
    """Keep what was there before out of collections, which are many here and would take longer than the tests."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def everything_ends() -> Iterator[None]:
    """No socket, no transport, no task and no thread is left over; each would warn when it is collected."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    left = [str(warning.message) for warning in caught if issubclass(warning.category, ResourceWarning)]
    assert not left, "\n".join(left)
    assert [thread.name for thread in threading.enumerate() if thread.name == "cmgdocs-lab"] == []
