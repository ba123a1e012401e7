"""What the session ``mutate`` does: a sample of it, what it calls an alteration, and which words it takes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from mutants.artefacts import GROUPS
from mutants.code import called, explained
from mutants.copies import ROOT

PARTS = ("artefacts", "code", "facts", "prose")


def mutate(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "mutate.py"), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_a_few_alterations_are_noticed(part: str) -> None:
    if part == "code":
        pytest.importorskip("mutmut")
    done = mutate(part, "sample")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "words", [["nothing"], *([part, "nothing"] for part in ("artefacts", "code", "facts", "prose"))]
)
def test_an_unknown_word_is_refused(words: list[str]) -> None:
    done = mutate(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "found nothing; allowed: " in done.stderr


def test_every_group_has_files() -> None:
    assert [group.name for group in GROUPS if not group.paths(ROOT)] == []


def test_an_alteration_is_called_by_its_function_and_its_lines() -> None:
    name, difference = "cmgdocs.plan.plan.xǁPlannerǁ_row__mutmut_3", "--- a\n+++ b\n@@ -1 +1 @@\n-    a = 1\n+    a = 2"
    assert called(name, difference) == "plan.plan.Planner._row: a = 1 → a = 2"
    assert called("cmgdocs.facts.ports.x_cut__mutmut_12", difference) == "facts.ports.cut: a = 1 → a = 2"


def test_every_alteration_that_may_go_unnoticed_has_a_reason_and_a_place() -> None:
    for text, why in explained().items():
        assert why
        assert (ROOT / "src" / "cmgdocs" / Path(*text.partition(":")[0].split(".")[:2])).with_suffix(".py").is_file(), (
            text
        )
