"""Whatever is fed to a reader, it gives a result or a documented error, in lines that can be printed; nothing else."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from injections import texts
from probed import PLAN, probed
from sitefiles import PLANNER, READER

from cmgdocs.audit import audit
from cmgdocs.audit.configuration import READ, read_policy
from cmgdocs.audit.strict_csv import HEADER
from cmgdocs.audit.zones import with_zones
from cmgdocs.cli import command_line, run
from cmgdocs.errors import FactsError, LabError, NotWritten, SiteError, UnknownId, printable
from cmgdocs.facts import DATA, load
from cmgdocs.facts.ports import Ports, parse
from cmgdocs.files import write
from cmgdocs.plan.plan import Plan
from cmgdocs.search.explained import explanation_of
from cmgdocs.search.index import built_in
from cmgdocs.site.hosts import parse_host, parse_proxy
from cmgdocs.site.keys import key_text
from cmgdocs.views.dossier import Observed, probe_observed
from cmgdocs.views.probe_kept import kept_probe
from cmgdocs.whatif.ask import ask
from cmgdocs.whatif.options import OPTIONS

TESTS = Path(__file__).resolve().parents[1]
TINY = TESTS / "tiny"
SITE = (TESTS / "audit" / "site.toml").read_text(encoding="utf-8")
CONFIGS = sorted(path for folder in ("configs", "lists") for path in (TESTS / "audit" / folder).iterdir())
FEW = settings(max_examples=settings().max_examples // 5)  # of each file
NUMBERS = [0, -1, 1, 443, 65536, 2**63, 10**4000, 1.5, float("inf"), float("nan"), True]


def calm(text: str) -> bool:
    """Whether a text is one line that steers no terminal."""
    return printable(text) == text != ""


def given_or_refused(call: Callable[[], Any], *allowed: type[Exception]) -> Any:
    """What a call gives, None where it is refused by an error that is allowed and says why."""
    try:
        return call()
    except allowed as error:
        words = str(error)
    assert all(map(calm, words.split("\n"))), words
    return None


# Bytes and trees, mutated


@st.composite
def mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """A file with some of its bytes left out, doubled, moved or replaced by those of an attack."""
    pieces = st.one_of(
        texts.map(str.encode),
        st.binary(max_size=4),
        st.sampled_from([b"\x00", b"\xff", b"\xef\xbb\xbf", b"\n", b'"', b"{", b"[", b"("]),
        st.sampled_from([b"9" * 5000, b"0x" + b"f" * 4000, b"[" * 2000]),
    )
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted(draw(st.lists(st.integers(0, len(content)), min_size=2, max_size=2)))
        end = draw(st.sampled_from([start, min(end, start + 1), end]))
        lines = content.splitlines(keepends=True) or [b""]
        put = draw(st.one_of(st.just(b""), pieces, st.sampled_from(lines)))
        content = content[:start] + put + content[end:]
    return content


values = st.recursive(
    st.one_of(texts, st.sampled_from(NUMBERS)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.just("id"), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def altered(draw: st.DrawFn, tree: Any) -> Any:
    """A tree of TOML with one thing replaced, left out, doubled or put under another key."""
    if not isinstance(tree, dict | list) or not tree or not draw(st.integers(0, 4)):
        return draw(values)
    places = [*tree] if isinstance(tree, dict) else [*range(len(tree))]
    place = draw(st.sampled_from(places))
    made: Any = tree.copy()
    match draw(st.sampled_from(["inner", "inner", "inner", "out", "key", "swap", "twice"])):
        case "out":
            del made[place]
        case "key" if isinstance(made, dict):
            made[draw(texts | st.sampled_from(places))] = draw(values)
        case "swap":
            made[place] = made[draw(st.sampled_from(places))]
        case "twice" if isinstance(made, list):
            made.append(made[place])
        case _:
            made[place] = draw(altered(tree[place]))
    return made


def as_toml(value: object) -> str:
    """A value in one line of TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key_text(str(key))} = {as_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, float):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


@cache
def table(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place that is this module's own."""
    return tmp_path_factory.mktemp("robust")


@given(st.data())
@pytest.mark.parametrize("source", [TINY, DATA], ids=["tiny", "own"])
def test_facts_with_altered_values_are_read_or_refused(folder: Path, source: Path, data: st.DataObject) -> None:
    facts = _copied(source, folder)
    name = data.draw(st.sampled_from(sorted(source.glob("*.toml")))).name
    tree = dict(table(source / name))
    for _ in range(data.draw(st.integers(1, 2))):
        tree = {key: data.draw(altered(value)) for key, value in tree.items()}
    text = "".join(f"{key} = {as_toml(value)}\n" for key, value in tree.items())
    (facts / name).write_text(text, encoding="utf-8", newline="")
    given_or_refused(lambda: load(facts), FactsError)


@given(st.data())
def test_a_probe_with_altered_values_is_read_or_refused(data: st.DataObject) -> None:
    tree = probed()
    for _ in range(data.draw(st.integers(1, 2))):
        tree = data.draw(altered(tree))

    def read() -> Observed:
        return probe_observed(kept_probe(PLAN, tree, "a.json"), tree["site"])

    given_or_refused(read, SiteError)


@given(st.data())
def test_facts_with_altered_bytes_are_read_or_refused(folder: Path, data: st.DataObject) -> None:
    facts = _copied(TINY, folder)
    name = data.draw(st.sampled_from(sorted(TINY.glob("*.toml")))).name
    (facts / name).write_bytes(data.draw(mutated((TINY / name).read_bytes())))
    given_or_refused(lambda: load(facts), FactsError)


def _copied(source: Path, folder: Path) -> Path:
    facts = folder / "facts"
    shutil.rmtree(facts, ignore_errors=True)
    return shutil.copytree(source, facts)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.toml")), ids=lambda path: path.stem)
def test_a_tree_is_written_as_itself(path: Path) -> None:
    assert tomllib.loads("".join(f"{key} = {as_toml(value)}\n" for key, value in table(path).items())) == table(path)


# Site files and what is asked of a site


@given(st.data())
def test_a_site_file_with_altered_values_is_planned_or_refused(data: st.DataObject) -> None:
    tree = data.draw(altered(data.draw(altered(dict(tomllib.loads(SITE))))))
    if isinstance(tree, dict):
        planned(lambda: READER.from_table(tree, "site"))


@given(mutated(SITE.encode()))
def test_a_site_file_with_altered_bytes_is_planned_or_refused(folder: Path, content: bytes) -> None:
    path = folder / "site.toml"
    path.write_bytes(content)
    planned(lambda: READER.read(path))


def planned(read: Callable[[], Any]) -> None:
    if reading := given_or_refused(read, SiteError):
        PLANNER.plan(reading.deployment)


@given(texts)
@example("\u0660.0.0.1")
@example("a." * 200)
def test_a_host_or_a_proxy_reads_as_itself_or_is_refused_in_words(text: str) -> None:
    for read in (parse_host, parse_proxy):
        if found := given_or_refused(partial(read, text), ValueError):
            assert read(str(found)) == found
            assert str(found).isascii()


@given(values)
@example(10**4000)
@example("999999+i")
def test_ports_are_read_or_refused(value: Any) -> None:
    given_or_refused(lambda: parse(value), ValueError)
    if isinstance(value, str):
        given_or_refused(lambda: Ports.parse(value), ValueError)


@cache
def plan() -> Plan:
    return PLANNER.plan(READER.parse(SITE, "site").deployment)


PARTS = ["any", "cmg", "connection-point", "connection-point#1", "vm-instance:2", "443", "10140-10147", "10.10.1.0/24"]
SIGNS = [":", "#", ",", "-", "[", "]", "/", " ", "", "0", "9" * 30]
wishes = texts | st.lists(st.sampled_from(PARTS + SIGNS) | texts, max_size=6).map("".join)


@given(st.sampled_from([option.keyword for option in OPTIONS if option.metavar]), st.lists(wishes, max_size=2))
def test_what_is_asked_of_a_site_is_answered_or_refused(option: str, words: list[str]) -> None:
    given_or_refused(lambda: ask(plan(), **{option: words}).outcome.steps, SiteError)


QUERY = ["443", "10140-10147", "CMGConnector.log", "0x87d00324", "<![LOG[", "]LOG]!>", 'time="', "thread=", " "]


@given(texts | st.lists(st.sampled_from(QUERY) | texts, max_size=6).map("".join))
def test_any_query_is_answered(query: str) -> None:
    index = built_in()
    assert all(result.title for result in index.find(query))
    assert all(index.near(query))
    given_or_refused(lambda: explanation_of(query).title, UnknownId)


# Rule lists


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
@FEW
@given(st.data())
def test_an_altered_configuration_is_judged_or_refused(path: Path, data: st.DataObject) -> None:
    judged(data.draw(mutated(path.read_bytes())), path.name, data.draw(st.sampled_from(["", "", "", *READ])))


@given(st.lists(st.lists(texts | st.sampled_from(["allow", "any", "tcp/443", "10.0.0.0/8"]), max_size=6), max_size=4))
def test_any_rows_of_a_rule_list_are_judged_or_refused(rows: list[list[str]]) -> None:
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [list(HEADER), *rows])
    judged("\n".join(quoted).encode(), "fw.csv")


def judged(content: bytes, name: str, platform: str = "") -> None:
    def judge() -> Any:
        return audit(plan(), with_zones(read_policy(content, name, platform), ()), perimeter=True)

    given_or_refused(judge, SiteError)


# The command line


class _Heard(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")

    def all(self) -> bytes:
        self.flush()
        return self.buffer.getvalue()  # type: ignore[attr-defined, no-any-return]


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


COMMANDS = next(action for action in command_line()._actions if action.metavar == "COMMAND").choices
WORDS = sorted(
    {
        *("contoso.toml", "edge.cfg", "fw.csv", "none.toml", "facts", ".", "-", "--", "F02", "443", "2026", "names"),
        *("out.txt", "out.csv", "out.svg", "out.json", "out.xlsx", "none/out.txt", "data-flow", "roles", "bash", "3"),
        *(str(word) for parser in COMMANDS.values() for action in parser._actions for word in action.choices or ()),
    }
)


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    """A command with words that it may take, or not."""
    command = draw(st.sampled_from([*COMMANDS, "help"]))
    own = [word for action in COMMANDS[command]._actions for word in action.option_strings]
    text = texts.map(lambda text: text.replace("\x00", ""))
    word = st.one_of(st.sampled_from(own), st.sampled_from(own), st.sampled_from(WORDS), text)
    joined = st.builds("{}={}".format, st.sampled_from(own), st.sampled_from(WORDS) | text)
    return [command, *draw(st.lists(word | joined, max_size=5))]


@pytest.fixture
def still(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, no lab, and no file outside *folder*, whatever path the words are."""

    def kept(path: Path, content: bytes) -> None:
        if not path.resolve().is_relative_to(folder):
            raise NotWritten(f"{path}: is elsewhere")
        write(path, content)

    monkeypatch.setattr("cmgdocs.cli.output.write", kept)

    def broken(*_: object) -> None:
        raise LabError("not here")

    monkeypatch.setattr("cmgdocs.cli.lab._play", broken)
    for room in ("audit", "site"):
        monkeypatch.setattr(f"cmgdocs.cli.{room}.addresses", lambda name: ("192.0.2.7",))


@pytest.mark.usefixtures("still")
@given(lines())
@example(["ports", "-o", "/nowhere/../out.txt"])
@example(["ports", "-o", "../../out.txt"])
def test_any_command_line_is_obeyed_or_refused(folder: Path, words: list[str]) -> None:
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(TINY, work / "facts")
    (work / "contoso.toml").write_text(SITE, encoding="utf-8")
    for name, kept in (("edge.cfg", "asa.cfg"), ("fw.csv", "exact.csv")):
        shutil.copy(TESTS / "audit" / "configs" / kept, work / name)
    before = files(folder)
    out, err = _Heard(), _Heard()
    with inside(work), redirect_stdout(out), redirect_stderr(err):
        code = run(words)
    told = err.all().decode()
    assert code in (0, 1, 2, 3)
    assert all(re.match("cmgdocs: .", line) and calm(line) for line in told.split("\n")[:-1]), told
    after = files(folder)
    assert all(after.get(name) == content for name, content in before.items() if "--force" not in words)
    assert not [name for name in after if re.search(r"(^|/)\.[^/]*$", name)]  # a draft
    if code in (2, 3):
        assert told or not words
        assert after == before
