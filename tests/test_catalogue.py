"""The catalogue reads good facts whole and reports every fault of bad ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cmgdocs.errors import FactsError
from cmgdocs.facts import DATA, load
from cmgdocs.facts.model import System
from cmgdocs.facts.queries import changes
from cmgdocs.facts.reader import system_of, tables
from cmgdocs.plan.plan import Planner
from cmgdocs.render.dot import dot
from cmgdocs.site.reader import SiteReader
from cmgdocs.views import registry

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.toml"))


def load_with(tmp_path: Path, **files: str) -> System:
    """The tiny facts with some files replaced."""
    folder = shutil.copytree(HERE / "tiny", tmp_path / "facts")
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load(folder)


def messages(error: pytest.ExceptionInfo[FactsError]) -> list[str]:
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_each_bad_file_has_its_message(path: Path, tmp_path: Path) -> None:
    """A bad file ``<field>--<fault>.toml`` begins with the message that it must cause, and causes no other."""
    text = path.read_text(encoding="utf-8")
    wanted = [line.removeprefix("# expect: ") for line in text.splitlines() if line.startswith("# expect: ")]
    with pytest.raises(FactsError) as error:
        load_with(tmp_path, **{path.stem.split("--")[0]: text})
    assert messages(error) == wanted


ONE_STEP = """
[[sequences]]
id = "data-flow"
name = "Steps"
steps = [{ number = "1", title = "Line", text = "The till builds the line.", flows = ["A1", "A2"] }]

[sequences.evidence]
book = ["builds the line"]
"""
# Changes of the tiny facts: file, what is there, what takes its place.
Changes = list[tuple[str, str, str]]
HALF_BRACED = [("flows", "Door i on {A1:1} and up.", "Doors {A1:1}-7009.")]
NOTHING_QUOTED = [("flows", '"asks the till"', '""')]
ALL_PRINTED = [("flows", 'protocol = "HTTPS", port = 443 }]', 'protocol = "HTTPS", port = 443, inferred = true }]')]
UNSTATED = [("flows", "port = 8530", 'port = "not stated"'), ("flows", ", or 8530", "")]
TWO_STEPS = [("flows", "step = 3", "step = 10\nunsettles = 10")]
FEWEST_LAST = [("flows", "step = 3", "step = 3\nwhen = { fewest = 3, most = 2 }")]
TWO_PORTS = [("flows", 'website = "own"', 'website = "main"')]
NO_PORT_OF_ITS_OWN = [
    ("flows", 'website = "own"', 'website = "own", when = { update-ports = [443] }'),
    ("flows", '80, website = "main"', '80, website = "main", when = { update-ports = [80, 8530] }'),
]
RUNG = 'method = "old" }}\nstep = 1\nrung = {}'
UNREACHED = [("flows", RUNG.format(i), RUNG.format(i).replace(" }", ", most = 2 }")) for i in (1, 2)]
DATED_CLOSER = [("sources", "Printed in 1900", "May 5, 1900")]
REFUSED = [
    (TWO_STEPS, "flows[A4].step: found 10; allowed: 1 to 9\nflows[A4].unsettles: found 10; allowed: 0 to 9"),
    (FEWEST_LAST, "flows[A4].when: found 3 to 2 VM instances; allowed: 1 to 3, fewest first"),
    (
        TWO_PORTS,
        "flows[A4].services[2].port: web site main has HTTP on 8530 here and on 80 before;"
        " correct the one that is wrong",
    ),
    (
        NO_PORT_OF_ITS_OWN,
        "flows[A4].services[1].when.update-ports: found 8530; allowed: 80, 443, the ports of web site main\n"
        "flows[A4].services[2].when.update-ports: found 443; allowed: 8530, the ports of web site own",
    ),
    (UNREACHED, "flows: rungs of old with 3 VM instances are [] (no flow); allowed: 1, 2, ..."),
    (DATED_CLOSER, "sources[book].dated: found 'May 5, 1900'; allowed: what the source prints for 1900"),
    (HALF_BRACED, "flows[A1]: 7009 is printed by none of its sources; quote it, correct the fact, or call it inferred"),
    (NOTHING_QUOTED, "flows[A3].evidence.book: found ''... of 0 characters; allowed: 1 to 80"),
    (ALL_PRINTED, "flows[A2].services[0].inferred: found true, but all of it is printed"),
    (UNSTATED, "flows[A4].services[2].inferred: found false, but no port is printed"),
]
ACCEPTED = {
    "the highest port": [("flows", "7000+i", "65532+i"), ("flows", "7001-7003", "65533-65535")],
    "the last step": [("flows", "step = 3", "step = 9\nunsettles = 9")],
    "one VM instance at most": [("flows", "step = 3", "step = 3\nwhen = { most = 1 }")],
    "a formula that gives a usual port": [("flows", "7000+i", "442+i"), ("flows", "7001-7003", "443-445")],
    "a port of no web site that depends on that of another": [
        ("flows", "port = 443 }]", "port = 443, when = { update-ports = [80] } }]"),
        ("flows", '"HTTPS", "443"', '"HTTPS", "443", "80"'),
    ],
    "a source of the day of the last reading": [
        ("sources", 'date = "1900"', 'date = "1901-01-01"\nfiles = [{ repository = "a/b", path = "c.md" }]'),
        ("sources", "Printed in 1900", "Printed on January 1, 1901"),
    ],
    "a sequence of one step": [("sequences", "", ONE_STEP)],
    "an entry of eighty characters": [("flows", '"asks the till"', f'"{"asks the till ":~<80}"')],
    "an inferred condition that is not quoted": [
        ("flows", 'method = "old" }\nstep = 1\nrung = 2', 'method = "old", inferred = true }\nstep = 1\nrung = 2'),
        ("flows", '"443", "Gateway, the old way"', '"443", "Gateway"'),
    ],
    "an inferred condition that is quoted": [
        ("flows", 'website = "own"', 'website = "own", when = { since = "2", inferred = true }'),
        ("flows", '"Ledger"]', '"Ledger, version 2"]'),
    ],
    "an inferred service of which the version is not printed": [
        ("flows", 'website = "own"', 'website = "own", when = { since = "2" }, inferred = true')
    ],
}


def load_changed(tmp_path: Path, changes: Changes) -> System:
    files: dict[str, str] = {}
    for name, old, new in changes:
        path = HERE / "tiny" / f"{name}.toml"
        text = files.get(name, path.read_text(encoding="utf-8") if path.exists() else "")
        assert text.count(old) == 1
        files[name] = text.replace(old, new)
    return load_with(tmp_path, **files)


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_a_fact_that_its_sources_do_not_print_is_refused(changes: Changes, message: str, tmp_path: Path) -> None:
    with pytest.raises(FactsError) as error:
        load_changed(tmp_path, changes)
    assert messages(error) == message.split("\n")


def test_what_sources_print_is_compared_only_where_that_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FactsError):
        load_changed(tmp_path, HALF_BRACED)
    assert system_of(*tables(tmp_path / "facts"), quoted=False).flow("A1").text == HALF_BRACED[0][2]


PAGES = {
    "intune/configmgr/plan.md": ("https://learn.microsoft.com/en-us/intune/configmgr/plan", "CC BY 4.0"),
    "intune/configmgr/includes/note.md": ("https://learn.microsoft.com/en-us/intune/c", "CC BY 4.0"),
    "articles/plan.md": ("https://learn.microsoft.com/en-us/intune/c", "CC BY 4.0"),
    "": ("", ""),
}


@pytest.mark.parametrize("path", PAGES)
def test_a_file_of_the_documentation_has_the_address_of_its_page_and_a_licence(path: str, tmp_path: Path) -> None:
    files = f'files = [{{ repository = "a/b", path = "{path}" }}, {{ repository = "a/b", path = "intune/c.md" }}]'
    source = load_changed(tmp_path, [("sources", 'where = "shelf 3"', files if path else "")]).sources[0]
    assert (source.url, source.licence) == PAGES[path]


def test_a_source_keeps_an_address_and_a_licence_of_its_own(tmp_path: Path) -> None:
    own = 'url = "https://printer.example"\nlicence = "By the copy"\n'
    files = 'files = [{ repository = "a/b", path = "intune/c.md" }]'
    source = load_changed(tmp_path, [("sources", 'where = "shelf 3"', own + files)]).sources[0]
    assert (source.url, source.licence) == ("https://printer.example", "By the copy")


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_fact_that_its_sources_print_is_accepted(name: str, tmp_path: Path) -> None:
    assert load_changed(tmp_path, ACCEPTED[name])


LIMIT = """
[[limits]]
id = "spare"
name = "Spare doors"
value = {value}
unit = "{unit}"
text = "In reserve."

[limits.evidence]
book = ["{book}"]
"""
LEAF = '\n[[sources]]\nid = "leaf"\ntitle = "A leaf"\npublisher = "Printer"\ndate = "1900"\ndated = "1900"\n'


@pytest.mark.parametrize(
    ("value", "unit", "book", "leaf", "missing"),
    [
        (1, "doors", "1 door", "", ""),
        (1, "doors", "for each door", "", ""),
        (1, "doors", "the door", "", "doors"),
        (1, "", "a door", "", ""),
        (1, "", "the door", "", "what it is"),
        (2, "doors", "two", "a door", "doors"),
        (2, "doors", "two", "two doors", ""),
        (2**63 - 1, "doors", f"{2**63 - 1} doors", "", ""),  # the largest number of TOML
    ],
)
def test_one_source_of_a_limit_prints_it_with_its_unit(
    value: int, unit: str, book: str, leaf: str, missing: str, tmp_path: Path
) -> None:
    given = {name: (HERE / "tiny" / f"{name}.toml").read_text(encoding="utf-8") for name in ("limits", "sources")}
    given["limits"] += LIMIT.format(value=value, unit=unit, book=book) + f'leaf = ["{leaf}"]\n' * bool(leaf)
    found = []
    try:
        load_with(tmp_path, limits=given["limits"], sources=given["sources"] + LEAF)
    except FactsError as error:
        found = [str(fault) for fault in error.faults]
    wanted = [f"limits[spare]: no source prints {value} and {missing}; quote both"] if missing else []
    assert found == wanted


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    zones = '[[zones]]\nid = 5\nname = "x"\ninside = "yes"\ntext = ""\ncolour = "red"\n'
    sources = '[[sources]]\nid = "book"\n'
    with pytest.raises(FactsError) as error:
        load_with(tmp_path, zones=zones, sources=sources)
    found = messages(error)
    for part in ("zones[0].id", "zones[0].inside", "zones[0].colour", "sources[book].title", "sources[book].date"):
        assert any(message.startswith(part) for message in found), part


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00binary", b"zones = [", None], ids=["empty", "binary", "cut-off", "folder"]
)
def test_a_file_that_is_no_toml_is_named(content: bytes | None, tmp_path: Path) -> None:
    folder = shutil.copytree(HERE / "tiny", tmp_path / "facts")
    if content is None:
        (folder / "zones.toml").unlink()
        (folder / "zones.toml").mkdir()
    else:
        (folder / "zones.toml").write_bytes(content)
    with pytest.raises(FactsError, match=r"zones\.toml"):
        load(folder)


def test_a_missing_file_and_a_stray_one_are_named(tmp_path: Path) -> None:
    folder = shutil.copytree(HERE / "tiny", tmp_path / "facts")
    (folder / "zones.toml").rename(folder / "zoness.toml")
    with pytest.raises(FactsError) as error:
        load(folder)
    assert messages(error)[:2] == [
        "zoness.toml: no such file of facts; did you mean 'zones'?",
        "zones.toml: missing from facts; every set of facts has one",
    ]


def test_every_file_is_read_though_others_cannot_be(tmp_path: Path) -> None:
    folder = shutil.copytree(HERE / "tiny", tmp_path / "facts")
    texts = {"aisles": "", "limits": "[more]\n", "methods": "methods = [", "roles": "roles = [", "uses": ""}
    texts |= {"shops": "", "zones": "[[zones]]\nid = 5\n[more]\n"}
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FactsError) as error:
        load(folder)
    assert [message.partition("; ")[0] for message in messages(error)] == [
        "aisles.toml: no such file of facts",
        "limits.toml: more: no such key",
        "limits.toml: limits: missing",
        "methods.toml: line 1: found 'methods = ['",
        "roles.toml: line 1: found 'roles = ['",
        "shops.toml: no such file of facts",
        "uses.toml: uses: missing",
        "zones.toml: more: no such key",
        "zones[0].id: found 5",
        "zones[0].name: missing",
        "zones[0].inside: missing",
    ]


def test_a_log_is_bound_to_a_flow_in_one_file_only(tmp_path: Path) -> None:
    flows = (
        (HERE / "tiny" / "flows.toml")
        .read_text(encoding="utf-8")
        .replace("rung = 1", 'rung = 1\nlogs = ["till.log"]', 1)
    )
    log = '[[logs]]\nid = "till.log"\nwhere = "The till"\ntext = "Lines."\n{}[logs.evidence]\nbook = ["till.log"]\n'
    assert load_with(tmp_path / "once", flows=flows, logs=log.format("")).logs
    with pytest.raises(FactsError) as error:
        load_with(tmp_path / "twice", flows=flows, logs=log.format('flows = ["A1"]\n'))
    assert messages(error) == ["flows[A1].logs: till.log names A1 in logs.toml too; remove one"]


def test_a_missing_folder_is_an_error_with_no_traceback_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = {"nowhere": "there is no such folder of facts", "file": "is a file; name the folder that holds it"}
    for name, what in found.items():
        with pytest.raises(FactsError, match=f"{name}: {what}$"):
            load(tmp_path / name)


def test_the_tiny_facts_are_read_whole(tiny: System) -> None:
    assert [flow.id for flow in tiny.flows] == ["A1", "A2", "A3", "A4"]
    assert tiny.flows[0].services[0].port.at(3) == 7003
    assert tiny.flows[2].carried_by == ("A1", "A2")


def test_every_fact_names_a_source_with_a_date(facts: System) -> None:
    for kind, item in facts.cited():
        assert item.sources, f"{kind}: {item} names no source"
    assert all(source.date for source in facts.sources)


def test_every_source_is_used(facts: System) -> None:
    used = {source for _, item in facts.cited() for source in item.sources}
    assert {source.id for source in facts.sources} == used


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's own facts, to be changed."""
    return shutil.copytree(DATA, tmp_path / "facts")


@pytest.mark.parametrize("field", ["initiator", "responder", "purpose", "text"])
def test_deleting_a_key_of_a_flow_is_noticed(field: str, copy: Path) -> None:
    lines = (copy / "flows.toml").read_text(encoding="utf-8").splitlines()
    lines.pop(next(i for i, line in enumerate(lines) if line.startswith(f"{field} =")))
    (copy / "flows.toml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(FactsError, match=rf"flows\[F01\]\.{field}: missing"):
        load(copy)


def test_a_changed_formula_is_caught_by_the_printed_ports(copy: Path) -> None:
    path = copy / "flows.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("10139+i", "10140+i"), encoding="utf-8")
    with pytest.raises(FactsError, match=r"flows\[F02\]: 10141-10156 is printed by none of its sources"):
        load(copy)


def test_an_inbound_flow_is_refused(copy: Path) -> None:
    with (copy / "flows.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[[flows]]\nid = "F99"\ninitiator = "cmg"\nresponder = "management-point"\n'
            'services = [{ protocol = "HTTPS", port = 443 }]\npurpose = "x"\ntext = "x"\n'
            '[flows.evidence]\narticle-2020 = ["x"]\n'
        )
    with pytest.raises(FactsError, match="F99 opens a connection from cmg to management-point, inwards"):
        load(copy)


EDITION = """
[[editions]]
id = "2099-01-01"
text = "As it might be printed once no classic gateway runs any more."
without = [{without}]
rows = [
    {{ flows = ["F01"], client = "Service connection point", server = "Azure", description = "Deployment" }},
    {{ flows = ["F05", "F06"], client = "Connection point", server = "CMG", description = "Channel" }},
    {{ flows = ["F07"], client = "Client", server = "CMG", description = "Client communication" }},
    {{ flows = ["F11"], client = "Client", server = "Blob storage", description = "Content download" }},
    {{ flows = ["F09"], client = "Connection point", server = "Management point", description = "Communication" }},
    {{ flows = ["F10"], client = "Connection point", server = "Software update point", description = "Updates" }},
    {{ flows = ["F12"], client = "Site server", server = "Blob storage", description = "Content upload" }},
]

[editions.evidence]
article-2026 = ["Client", "Protocol", "Port", "Server"]
"""


def test_an_edition_without_the_rows_of_a_method_is_entered_by_saying_so(copy: Path) -> None:
    text = (copy / "editions.toml").read_text(encoding="utf-8")
    (copy / "editions.toml").write_text(text + EDITION.format(without=""), encoding="utf-8")
    with pytest.raises(FactsError) as error:
        load(copy)
    assert [message.split("; ")[0].split(", but")[0] for message in messages(error)] == [
        f"flows[{flow}]: {flow} belongs to step 2" for flow in ("F02", "F03", "F04")
    ]
    (copy / "editions.toml").write_text(text + EDITION.format(without='"classic"'), encoding="utf-8")
    system = load(copy)
    gone = [change.flows for change in changes(system, "2026", "2099-01-01") if change.after is None]
    assert gone == [("F02",), ("F03",), ("F04",)]
    assert "F02" not in dot(registry.diagram(system, "data-flow"))
    for method, version, tried in (("classic", "2309", []), ("vmss", "2603", ["F05"])):
        text = f'method = "{method}"\nconfigmgr = "{version}"\n[hosts]\n'
        plan = Planner(system).plan(SiteReader(system).parse(text).deployment, "2099-01-01")
        assert [row.flow.id for row in plan.rows if row.order] == tried


def test_an_edition_prints_no_row_of_a_method_that_it_is_without(tmp_path: Path) -> None:
    text = (HERE / "tiny" / "editions.toml").read_text(encoding="utf-8")
    with pytest.raises(FactsError) as error:
        load_with(tmp_path, editions=text.replace("rows = [", 'without = ["old"]\nrows = [', 1))
    assert messages(error) == [
        f"flows[{flow}]: edition 1900 has a row for {flow}, but is without old; remove one" for flow in ("A1", "A2")
    ]


def test_the_facts_of_the_package_are_what_their_sources_print() -> None:
    assert load(DATA).flows == load().flows
