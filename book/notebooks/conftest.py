"""What a failing cell says besides the difference; all other hooks are in tests/conftest.py."""

from __future__ import annotations

from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the command that stores outputs again."""
    report = yield
    if report.failed and item.path.suffix == ".ipynb":
        repair = "shows something else than is stored; repair with: python3 noxfile.py -s regen"
        report.sections.append(("Repair", f"{item.nodeid}: {repair}"))
    return report
