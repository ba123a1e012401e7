"""Bindings of files without roles: what a ledger refuses, and which words of a file it binds."""

from __future__ import annotations

import argparse
import json

import pytest

from cmgdocs import load
from cmgdocs.claims.documents import code, helps, markdown, notebook, parts, scripts
from cmgdocs.claims.find import Finder
from cmgdocs.claims.judge import How
from cmgdocs.claims.ledger import judge_file, read, unused
from cmgdocs.errors import ClaimsError, UnknownId

FINDER = Finder(load())
FIVE = '[[claims]]\nfiles = ["a.md"]\nwords = "five steps"\ncount = "steps"\n'


def count(target: str, words: str) -> None:
    """Stands for a role: it knows one target, and what its words have to be."""
    if target != "steps":
        raise UnknownId("target", target, ["steps"])
    if words != "five steps":
        raise ClaimsError([])


ASSERTIONS = {"count": count}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[claims]]\nfiles = ["a.md"]\nwords = "five"\n', "claims[0]: needs files, words and one role"),
        ('[[claims]]\nwords = "five"\ncount = "x"\n', "claims[0]: needs files, words and one role"),
        ('[[no-claims]]\nwords = "five"\n', "no-claims[0]: needs words and a reason"),
        (
            '[[no-claims]]\nwords = "five"\nreason = "so"\nkinds = ["cuont"]\n',
            "no-claims[0]: no kind 'cuont'; did you mean 'count'?",
        ),
        ("[[claims]\n", "Expected ']]'"),
    ],
)
def test_a_wrong_ledger_is_refused(text: str, message: str) -> None:
    with pytest.raises(ClaimsError) as caught:
        read(text, "claims.toml")
    assert message in str(caught.value)


def test_a_binding_holds_wherever_its_words_are() -> None:
    text = "# The five steps\n\nThere are **five\nsteps**, and 10 roles.\n"
    placed, faults = judge_file("a.md", markdown(text), read(FIVE), FINDER, ASSERTIONS)
    assert [(item.line, item.judgement.how) for item in placed] == [(1, How.ROLE), (3, How.ROLE), (4, How.NOT)]
    assert not faults


@pytest.mark.parametrize(
    ("ledger", "fault"),
    [
        (FIVE.replace("five steps", "six steps"), "not in a.md any more"),
        (FIVE.replace('"steps"', '"stepz"'), "count no target 'stepz'; did you mean 'steps'?"),
        (FIVE.replace("count =", "cuont ="), "no role 'cuont'; did you mean 'count'?"),
    ],
)
def test_a_wrong_binding_is_a_fault(ledger: str, fault: str) -> None:
    _, faults = judge_file("a.md", markdown("five steps"), read(ledger), FINDER, ASSERTIONS)
    assert any(fault in str(item) for item in faults)


def test_what_excuses_nothing_is_a_fault() -> None:
    ledger = read('[[no-claims]]\nwords = "two rules"\nreason = "so"\n[[no-claims]]\nwords = "six"\nreason = "so"\n')
    placed, _ = judge_file("a.md", markdown("These two rules."), ledger, FINDER, ASSERTIONS)
    assert [str(item) for item in unused(ledger, (item.judgement for item in placed))] == [
        "claims.toml: no-claims 'six': excuses nothing any more; take it out"
    ]


def test_code_blocks_have_no_claims_and_literals_few() -> None:
    text = "`five steps on 10125`\n\n```\nfive steps\n```\n\n| a |\n|---|\n| five steps |\n"
    placed, _ = judge_file("b.md", markdown(text), read(""), FINDER, {})
    assert [(item.line, item.judgement.claim.words) for item in placed] == [(1, "10125"), (9, "five steps")]


def test_code_that_a_page_shows_has_ports_ranges_and_hosts_but_not_where_it_is_a_console() -> None:
    text = "443\n```powershell\n$five = 443\n$six = 10124..10126 # login.example.org\n```\n"
    others = "```console\n$ cmgdocs find 443\n```\n```{port-notes}\n443\n```\n"
    placed, _ = judge_file("b.md", scripts(text + others), read(""), FINDER, {})
    assert [(item.line, item.judgement.claim.words) for item in placed] == [(3, "443"), (4, "10124..10126")]


def test_markdown_cells_of_a_notebook_are_read() -> None:
    cells = [{"cell_type": "code", "source": ["x"]}, {"cell_type": "markdown", "source": ["one\n", "five steps"]}]
    placed, _ = judge_file("n.ipynb", notebook(json.dumps({"cells": cells})), read(""), FINDER, {})
    assert [str(item).partition(": ")[0] for item in placed] == ["n.ipynb, cell 1"]


def test_code_and_parts_of_files_are_found() -> None:
    cells = [{"cell_type": "code", "source": ["a = 3\n", "b"]}, {"cell_type": "markdown", "source": ["c"]}]
    assert code(json.dumps({"cells": cells})) == "a = 3\nb"
    text = "# A\n## Recipes\n### One\n#### In it\n### Two\n## Next\n### Other\n"
    assert [parts(text, heading) for heading in ("Recipes", "Next", "A", "Nowhere")] == [2, 1, 2, 0]


def test_help_texts_of_all_commands_are_read() -> None:
    parser = argparse.ArgumentParser(prog="x", description="five steps")
    parser.add_subparsers().add_parser("y", help="no").add_argument("--z", help="two rules, 100%%")
    found = list(helps(parser))
    assert ("x", "five steps") in [(part, prose.text) for part, _, prose in found]
    assert ("x y", "two rules, 100%") in [(part, prose.text) for part, _, prose in found]
