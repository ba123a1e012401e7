"""Newer texts of sources: what has changed in them is found, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import printed
import pytest

from cmgdocs.cli import run
from cmgdocs.errors import SiteError, UnknownId
from cmgdocs.facts.model import System
from cmgdocs.facts.queries import Change, changes
from cmgdocs.sources.ports import printed_rows
from cmgdocs.sources.report import Watched, report, watched
from cmgdocs.sources.text import blocks, digest, holds
from cmgdocs.sources.watch import State, current, located, reading

ROOT = Path(__file__).parents[2]
SEED = ROOT.parent / "shared" / "seed" / "data-flow.md"
ARTICLE = "article-2026"


def shown(found: tuple[Change, ...]) -> list[object]:
    """What the page of changes shows of each change."""
    rows = [(item.before, item.after) for item in found]
    ends = [
        [row and (row.client, row.protocol, row.port_text, row.server, row.description) for row in pair]
        for pair in rows
    ]
    return [(item.flows, item.fields, *pair) for item, pair in zip(found, ends, strict=True)]


def checked(system: System, tmp_path: Path, text: str, source: str = ARTICLE, edition: str | None = None) -> Watched:
    file = tmp_path / "data-flow.md"
    file.write_text(text, encoding="utf-8")
    return watched(system, [file], source, edition)


@pytest.mark.parametrize("before", printed.EDITIONS)
@pytest.mark.parametrize("after", printed.EDITIONS)
def test_editions_differ_as_the_page_of_changes_says(facts: System, tmp_path: Path, before: str, after: str) -> None:
    source = facts.edition(after).sources[0]
    found = checked(facts, tmp_path, printed.text(after), source, before)
    assert shown(found.tables[0].changes) == shown(changes(facts, before, after))
    assert found.tables[0].edition == before


def test_every_edition_is_read_whole(facts: System) -> None:
    for edition in printed.EDITIONS:
        rows = printed_rows(printed.text(edition), facts, edition)
        assert [row.covers for row in rows] == [row.flows for row in facts.edition(edition).rows]


def test_the_seed_is_unchanged(facts: System) -> None:
    if not SEED.is_file():
        pytest.skip("shared/seed is not beside this checkout: the article of 2020 is not at hand")
    found = watched(facts, [SEED], "article-2020")
    assert found.readings[0].state is State.SAME
    assert (found.same, found.tables[0].changes) == (True, ())


ALTERED = [
    ("a port", "10124-10139", "20124-20139", ["F06", "F04"], ("port_text",)),
    ("a protocol", "TCP-TLS", "QUIC", ["F02"], ("protocol",)),
    ("an end", "| Azure |", "| Azure front door |", ["F01"], None),
    ("a description", "General client", "Any client", ["F07"], ("description",)),
]


@pytest.mark.parametrize(
    ("old", "new", "flows", "fields"), [row[1:] for row in ALTERED], ids=[row[0] for row in ALTERED]
)
def test_an_altered_row_is_named(
    facts: System, tmp_path: Path, old: str, new: str, flows: list[str], fields: tuple[str, ...] | None
) -> None:
    found = checked(facts, tmp_path, printed.text("2026").replace(old, new))
    table = found.tables[0]
    assert not found.same
    if fields is None:  # a row with other ends is another row
        assert [(item.flows, item.before is None, item.after is None) for item in table.changes] == [
            ((), True, False),
            (tuple(flows), False, True),
        ]
        assert "# no flow yet: HTTPS 443" in table.draft
    else:
        assert [(list(item.flows), item.fields) for item in table.changes] == [([flow], fields) for flow in flows]
        assert "# no flow yet" not in table.draft


def test_a_row_that_is_gone_and_one_that_is_new_are_named(facts: System, tmp_path: Path) -> None:
    lines = printed.text("2026").splitlines(keepends=True)
    gone = "".join(line for line in lines if "Distributing" not in line)
    assert [item.flows for item in checked(facts, tmp_path, gone).tables[0].changes] == [("F12",)]
    more = "".join([*lines, "| Client | HTTPS | 443 | Content delivery network | Download of everything |\n"])
    (change,) = checked(facts, tmp_path, more).tables[0].changes
    assert (change.flows, change.before) == ((), None)


def test_the_command_takes_files_after_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "newer.md"
    file.write_text(printed.text("2026"), encoding="utf-8")
    words = ["sources", "check", "--as", ARTICLE, "--edition", "2022-04-08", "--draft", str(file)]
    assert run(words) == 1
    assert 'flows = ["F12"], client = "Site Server"' in capsys.readouterr().out


def test_whether_words_have_changed_is_said_only_where_they_were_kept(facts: System, tmp_path: Path) -> None:
    quoted = (evidence for _, item in facts.cited() for evidence in item.evidence if evidence.source == ARTICLE)
    text = "\n\n".join("|".join(passage) for evidence in quoted for passage in evidence.passages)
    source = facts.source(ARTICLE)
    kept = replace(source, files=(replace(source.files[0], words="other"),))
    texts = {"data-flow.md": f"~~~\n{text}\n~~~\n"}
    assert [reading(facts, item, texts).state for item in (source, kept)] == [State.THERE, State.KEPT]


def test_a_draft_is_an_edition_of_its_own(facts: System, tmp_path: Path) -> None:
    import tomllib

    found = checked(facts, tmp_path, printed.text("2022-04-08"))
    (edition,) = tomllib.loads(found.tables[0].draft)["editions"]
    own = facts.edition("2022-04-08").rows
    assert [(tuple(row["flows"]), row["client"], row.get("note")) for row in edition["rows"]] == [
        (row.flows, row.client, row.note) for row in own
    ]


def test_the_words_decide_and_not_how_they_are_set() -> None:
    text = "---\nms.date: 04/08/2022\n---\n# Ports\n\nThe port is **443**\nor [80](x.md).\n\n|A|B|\n|-|-|\n|1|2<br>3|\n"
    again = text.replace("**443**\nor", "443 or").replace("\n", "\r\n").replace("[80](x.md)", "80")
    assert digest(text) == digest(again) != digest(text.replace("443", "444"))
    assert [block.cells for block in blocks(text)][2:] == [("The port is 443 or 80.",), ("A", "B"), ("1", "2 3")]


def test_a_passage_is_in_one_block_and_in_order() -> None:
    (_, row, other) = blocks("|A|B|\n|-|-|\n|443|80|\n\nText\n")
    assert (holds(["443", "80"], row), holds(["80", "443"], row), holds(["443"], other)) == (True, False, False)


def test_lost_evidence_is_named_with_its_fact_flow_and_page(facts: System, tmp_path: Path) -> None:
    found = checked(facts, tmp_path, "# Data flow\n\nNothing is printed any more.\n")
    lost = {item.fact for item in found.readings[0].lost}
    cited = {f"flows.{flow.id}" for flow in facts.flows if ARTICLE in flow.sources}
    assert cited <= lost
    table = report(found).tables[1]
    pages = {str(line.cells[2]) for line in table.lines}
    assert any("reference/flows" in page for page in pages)


def test_of_one_page_the_newest_edition_is_watched(facts: System) -> None:
    ids = {source.id for source in current(facts)}
    assert ARTICLE in ids
    assert not ids & {"article-2020", "article-2022", "plan-2017"}
    assert all(source.files for source in current(facts))


def test_a_file_is_found_by_its_name_wherever_it_has_moved_to(facts: System, tmp_path: Path) -> None:
    near = tmp_path / "intune" / "elsewhere" / "cmg" / "data-flow.md"
    far = tmp_path / "other" / "data-flow.md"
    assert located(facts.source(ARTICLE), [far, near]) == (near,)
    assert located(facts.source(ARTICLE), [tmp_path / "ports.md"]) == ()


def test_a_stranger_and_a_wrong_name_are_refused(facts: System, tmp_path: Path) -> None:
    stranger = tmp_path / "dataflow.md"
    stranger.write_text("x", encoding="utf-8")
    with pytest.raises(
        SiteError, match=r"dataflow\.md: no source has a file of that name; did you mean 'data-flow\.md'"
    ):
        watched(facts, [stranger])
    with pytest.raises(UnknownId, match="article-2027"):
        watched(facts, [stranger], "article-2027")


def test_the_session_brings_what_the_sources_name(facts: System, tmp_path: Path) -> None:
    """From repositories of a folder instead of the public ones; the article has moved and lost a row."""
    if not shutil.which("git"):
        pytest.skip("git is missing: no repository can be made")
    for repository in {file.repository for source in current(facts) for file in source.files}:
        place = tmp_path / "public" / repository
        (place / "docs").mkdir(parents=True)
        text = printed.text("2022-04-08") if repository == "MicrosoftDocs/memdocs" else "# Nothing\n"
        (place / "docs" / "data-flow.md").write_text(text, encoding="utf-8")
        (place / "docs" / "other.md").write_text("# Other\n", encoding="utf-8")
        name = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
        for words in (
            ["init", "-q"],
            ["add", "."],
            [*name, "commit", "-qm", "x"],
            ["config", "uploadpack.allowFilter", "true"],
        ):
            subprocess.run(["git", "-C", str(place), *words], check=True)
    env = os.environ | {"CMGDOCS_GIT": (tmp_path / "public").as_uri()}
    for _ in range(2):  # the second time the clone is there
        command = [sys.executable, "scripts/sources.py", str(tmp_path / "clones"), "--format", "markdown"]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, encoding="utf-8", check=False)
        assert done.returncode == 1, done.stderr
        assert "New row" not in done.stdout
        assert "Row left out" in done.stdout
        assert "docs/data-flow.md" in done.stdout
    assert not list((tmp_path / "clones").rglob("other.md"))
