"""The claims of README, CHANGELOG, CONTRIBUTING, notebooks and help texts: all are bound, by words that are right."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from build_book import BOOK
from claims import LEDGER, files, judge_files

from cmgdocs.claims.judge import How
from cmgdocs.claims.ledger import ledger_at


def test_every_claim_of_a_file_without_roles_is_bound() -> None:
    placed, faults = judge_files(ledger_at(BOOK / LEDGER))
    assert [str(item) for item in placed if item.judgement.how is How.NOT] == []
    assert list(map(str, faults)) == []


def test_every_file_without_roles_has_text() -> None:
    assert [name for name, blocks in files() if not list(blocks)] == []
