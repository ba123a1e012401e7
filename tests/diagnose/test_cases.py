"""What administrators reported is recognised: cause, flow, whether it is the network; and nothing else is."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cases import CASES, UNKNOWN, text_of
from made_up import every, found

from cmgdocs.diagnose.knowledge import Knowledge
from cmgdocs.diagnose.reading import stem
from cmgdocs.facts import load

FACTS = load()
KNOWLEDGE = Knowledge.of(FACTS)


@pytest.mark.parametrize("named", [True, False], ids=["named", "pasted"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_each_case_is_recognised(case: dict[str, Any], named: bool) -> None:
    diagnosis = found(text_of(case), knowledge=KNOWLEDGE, log=stem(case["log"]) if named else "")
    expected = [case["cause"], *case.get("also", ())] if case["cause"] != "none" else []
    assert [item.cause for item in diagnosis.findings] == expected
    assert diagnosis.unknown == case.get("unknown", 0)
    for item in diagnosis.findings[:1]:
        assert {*item.flows} == {*case["flows"]}
        assert FACTS.symptom(item.cause).network is case["network"]
    assert all(FACTS.symptom(item.cause).remedy for item in diagnosis.findings)


@pytest.mark.parametrize("line", UNKNOWN)
def test_a_line_that_nobody_knows_is_called_unknown(line: str) -> None:
    diagnosis = found(line, knowledge=KNOWLEDGE)
    assert (diagnosis.findings, diagnosis.unknown) == ((), 1)


def mixtures() -> list[tuple[list[dict[str, Any]], list[str]]]:
    """
    Cases in some order, each with its lines together, with unknown lines around them.

    Those that were posted are left out, for what posting did shows only in a text that is posted as a whole, and those
    that stand alone, for among lines of another log theirs would count as its own.
    """
    rng = random.Random(200)
    whole = [case for case in CASES if not (case["id"].startswith("posted-") or case.get("alone"))]
    made = []
    for _ in range(200):
        chosen = rng.sample(whole, rng.randint(1, 5))
        blocks = [[*case["lines"]] for case in chosen] + [[line] for line in rng.choices(UNKNOWN, k=rng.randint(0, 6))]
        rng.shuffle(blocks)
        made.append((chosen, [line for block in blocks for line in block]))
    return made


@pytest.mark.parametrize(("chosen", "lines"), mixtures(), ids=map(str, range(200)))
def test_a_mixture_has_no_cause_but_those_of_its_parts(chosen: list[dict[str, Any]], lines: list[str]) -> None:
    text = "\n".join(lines)
    diagnosis = found(text, knowledge=KNOWLEDGE)
    alone = [found(text_of(case), knowledge=KNOWLEDGE) for case in chosen]
    assert {it.cause for it in every(diagnosis)} <= {it.cause for one in alone for it in every(one)}
    times = [item.time for item in diagnosis.findings if item.time is not None]
    assert times == sorted(times)
    assert diagnosis.unknown == sum(line in UNKNOWN for line in lines) + sum(it.get("unknown", 0) for it in chosen)
