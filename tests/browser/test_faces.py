"""Every flow on what only a built site or handbook shows, as the facts state it: see ``tests/test_faces.py``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from faces import FACTS, NO_RULE, Claim, Reasons, faults, ports_in, protocols_in, roles_in, said, spans_said

FIELDS = ("Source", "Destination", "Protocol", "Port")


def section(flow: str, fields: Iterable[tuple[str, str]]) -> Claim:
    """A section's claim, by its fields."""
    found = dict(fields)
    return said(flow, *(found.get(name, "") for name in FIELDS))


def on_the_page(site: Path) -> Iterator[Claim]:
    text = (site / "reference" / "flows.html").read_text(encoding="utf-8")
    for flow, body in re.findall(r'<section\b[^>]* id="flow-(F\d+)">(.*?)</section>', text, re.DOTALL):
        pairs = re.findall(r"<dt[^>]*>(\w+)<span.*?</dt>\s*<dd[^>]*>(.*?)</dd>", body, re.DOTALL)
        yield section(flow, ((name, unescape(re.sub("<[^>]+>", "", shown))) for name, shown in pairs))


def on_paper(site: Path) -> Iterator[Claim]:
    pattern = r'#label\("reference/flows#flow-(F\d+)"\).*?#fields\(\(\[(.*?)\n'
    for flow, body in re.findall(pattern, handbook(site), re.DOTALL):
        parts = re.sub(r'"[^"]*"|\\', "", body).split("]), ([")
        yield section(flow, (part.split("], [", 1) for part in parts))  # type: ignore[misc]


def entries(text: str) -> Iterator[Claim]:
    """Entries of an index: ``F06 CMG connection point to CMG service`` below ``10124-10139 (port)``."""
    port = ""
    for words in re.findall(r"[^<>\[\]]*[^<>\[\]\s][^<>\[\]]*", unescape(text.replace("\\", ""))):
        if found := re.match(r"\s*(F\d\d) ", words):
            ends = roles_in(words)  # one of them is left to the entry above, where that is a role
            yield Claim(found[1], ends, None, ports_in(port)) if len(ends) > 1 else Claim(found[1])
        elif "(port)" in words:
            port = words


def in_search(site: Path) -> Iterator[Claim]:
    for item in document(site / "_static" / "search" / "index.js")["entries"]:
        kind, flow, title, ports = (item[place] for place in (0, 1, 2, 7))
        if kind == "flow":
            words = title.removeprefix(FACTS.flow(flow).purpose) if flow != "F99" else title
            yield Claim(flow, roles_in(words), protocols_in(words), spans_said(ports))


def in_the_planner(site: Path) -> Iterator[Claim]:
    """Rules from one end of a flow straight to the other; those by a web proxy, and those back, have other ends."""
    for rule in document(site / "_static" / "planner-data.js")["rules"]:
        if "proxy" not in rule["ends"] and "-back" not in rule["id"]:
            yield Claim(*rule["flows"], (*rule["ends"],), protocols_in(rule["protocol"]), spans_said(rule["ports"]))


def document(script: Path) -> Any:
    """What a script gives to a name."""
    return json.JSONDecoder().raw_decode(script.read_text(encoding="utf-8").partition("=")[2].lstrip())[0]


def handbook(site: Path) -> str:
    return (site.parent / "typst" / "handbook.typ").read_text(encoding="utf-8")


FACES: dict[str, tuple[Callable[[Path], Iterable[Claim]], Reasons]] = {
    "sections of the page": (on_the_page, {}),
    "sections of the handbook": (on_paper, {}),
    "index of the site": (lambda site: entries((site / "genindex.html").read_text(encoding="utf-8")), {}),
    "index of the handbook": (lambda site: entries(handbook(site).partition("#index(")[2]), {}),
    "search": (in_search, {}),
    "planner": (in_the_planner, NO_RULE),
}


@pytest.mark.parametrize("name", FACES)
def test_a_face_has_every_flow_as_the_facts_state_it(site: Path, name: str) -> None:
    face, exempt = FACES[name]
    assert [*faults(face(site), exempt)] == []


@pytest.mark.parametrize("name", FACES)
def test_a_face_without_a_flow_is_seen(site: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda *given, **more: read(*given, **more).replace("F25", "F99"))
    face, exempt = FACES[name]
    assert {"F25: missing", "F99: no such flow"} <= {*faults(face(site), exempt)}
