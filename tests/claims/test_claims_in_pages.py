"""Claims in pages of a small book: wrong words are located warnings, right ones bind their claims."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sphinx.errors import ExtensionError
from sphinx.testing.util import SphinxTestApp

from cmgdocs.book import claims
from cmgdocs.book.domain import facts_domain
from cmgdocs.claims.judge import How

CONF = 'extensions = ["myst_parser", "cmgdocs.book"]\nsource_suffix = {".md": "markdown"}\n'
SITE = 'instances = 3\n[hosts]\ncmg = "c.westeurope.cloudapp.azure.com"\nconnection-point = "10.0.1.5"\n'
Build = Callable[[str], SphinxTestApp]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build a book of one page."""
    book = tmp_path / "book"
    book.mkdir()
    (book / "conf.py").write_text(CONF, encoding="utf-8")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "three.toml").write_text(SITE, encoding="utf-8")

    def run(page: str) -> SphinxTestApp:
        (book / "index.md").write_text(f"# Page\n\n{page}\n", encoding="utf-8")
        app = SphinxTestApp("html", book, confoverrides={"suppress_warnings": ["cmgdocs.reference"]})
        app.build()
        app.cleanup()
        return app

    return run


def warnings(app: SphinxTestApp) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", app.warning.getvalue())


def shown(app: SphinxTestApp) -> str:
    article = Path(app.outdir, "index.html").read_text(encoding="utf-8").partition('role="main"')[2]
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "", article.partition("<footer")[0]))


PRINTED = {
    "{count}`sequences.data-flow.steps`": "five",
    "{ordinal}`editions.2022-04-08`": "second",
    "{date}`editions.2020-11-30`": "2020-11-30",
    "{date}`sources.sccmdocs-867`": "2018-09-28",
    "{opens}`F05`": "the CMG connection point connects to the CMG service",
    "{limit}`vm-instances-min..vm-instances`": "1 to 16",
    "{site}`three.instances`": "three",
    "{version}`events.introduced.version`": "1610",
}


@pytest.mark.parametrize("role", PRINTED)
def test_a_role_without_a_title_prints(build: Build, role: str) -> None:
    app = build(f"It is ({role}).")
    assert f"({PRINTED[role]})" in shown(app)
    assert not warnings(app)


RIGHT = (
    "{count}`five steps <sequences.data-flow.steps>`",
    "{ordinal}`second edition <editions.2022-04-08>`",
    "{date}`of 2020 <editions.2020-11-30>`",
    "{opens}`the connection point opens one to each instance <F06>`",
    "{limit}`1 to 16 instances <vm-instances-min..vm-instances>`",
    "{site}`third instance <three.instances>`",
    "A client uses {port}`port 443 <F07>`.",
    "{version}`version 1610 <events.introduced.version>`",
    "{fact}`version 1610 <events.introduced.version>`",
    "The console signs in at {endpoint}`login.microsoftonline.com <console-entra>`.",
    "A client speaks {protocol}`HTTPS <F07>`.",
    "{role}`gateway <cmg>`",
)


def test_right_words_bind_their_claims(build: Build) -> None:
    app = build("\n\n".join(RIGHT))
    assert not warnings(app)
    hows = {item.judgement.how for item in facts_domain(app.env).claims["index"]}
    assert hows == {How.ROLE}
    assert "made-by" not in Path(app.outdir, "index.html").read_text(encoding="utf-8")


WRONG = {
    "{count}`six steps <sequences.data-flow.steps>`": "found 'six steps'; the facts say 'five'",
    "{ordinal}`third edition <editions.2022-04-08>`": "found 'third edition'; the facts say 'second'",
    "{date}`of 2021 <editions.2020-11-30>`": "found 'of 2021'",
    "{opens}`the instance opens one to the connection point <F06>`": "the facts say 'the CMG connection point connects",
    "{opens}`it passes on <F08>`": "the facts say 'the CMG service sends to the CMG connection point",
    "{limit}`1 to 15 instances <vm-instances-min..vm-instances>`": "the facts say '1 to 16'",
    "{site}`fourth instance <three.instances>`": "the facts say 'three'",
    "{site}`three <four.instances>`": "no example 'four'",
    "{port}`port 8443 <F07>`": "the facts say '443'",
    "{fact}`version 1702 <events.introduced.version>`": "the facts say '1610'",
    "{version}`2308`": "no field in 2308",
    "{version}`2303 <2309>`": "found '2303'; the facts say '2309'",
    "{endpoint}`login.microsoftonline.us <console-entra>`": "the facts say 'login.microsoftonline.com",
    "{protocol}`HTTP <F07>`": "the facts say 'HTTPS'",
    "{role}`console <cmg>`": "found 'console'; the facts say 'CMG service'",
    "{count}`five steps <sequences.data-flo.steps>`": "no id or field 'data-flo.steps'",
}


@pytest.mark.parametrize("role", WRONG)
def test_wrong_words_are_a_located_warning(build: Build, role: str) -> None:
    app = build(f"First line.\nIt says {role}.")
    assert "index.md:" in warnings(app)
    assert WRONG[role] in warnings(app)


def test_the_free_title_of_a_source_binds_nothing(build: Build) -> None:
    found = facts_domain(build("See {source}`the list of 2031 <article-2020>`, {source}`article-2020`.").env).claims
    assert [item.judgement.how for item in found["index"]] == [How.NOT, How.ROLE]


def test_an_unbound_claim_is_a_warning_at_its_line(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "FATAL", True)
    app = build("One line.\nThe gateway connects to the client.\n\n| Steps |\n|---|\n| five steps |")
    lines = [line.partition("index.md:")[2] for line in warnings(app).splitlines()]
    assert [line.partition(":")[0] for line in lines if line] == ["4", "8"]
    assert "bound to no fact; write {opens}" in lines[0]
    assert "{count}`five steps <path.into.the.facts>`" in lines[1]


def test_what_a_directive_makes_is_no_claim_but_its_caption_is(build: Build) -> None:
    app = build("```{facts-table} limits\n:caption: The five steps\n```\n\n```{sequence} data-flow\n```\n")
    found = facts_domain(app.env).claims["index"]
    assert [item.judgement.claim.words for item in found] == ["five steps"]


def test_the_ledger_of_the_book_lists_what_is_no_claim(build: Build, tmp_path: Path) -> None:
    ledger = '[[no-claims]]\nwords = "two rules"\nreason = "two that were just named"\n'
    (tmp_path / "book" / claims.LEDGER).write_text(ledger, encoding="utf-8")
    app = build("These two rules.")
    assert [item.judgement.how for item in facts_domain(app.env).claims["index"]] == [How.LISTED]


def test_a_wrong_ledger_stops_the_build(build: Build, tmp_path: Path) -> None:
    (tmp_path / "book" / claims.LEDGER).write_text("[[no-claims]]\n", encoding="utf-8")
    with pytest.raises(ExtensionError, match="needs words and a reason"):
        build("Words.")
