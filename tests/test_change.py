"""A changed fact changes everything that shows it, and no field of a flow is shown nowhere."""

from __future__ import annotations

import dataclasses
import shutil
from functools import cache
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from cmgdocs.facts import DATA, load, reader
from cmgdocs.facts.model import Condition, Evidence, Flow, FlowId, Proxy, RoleId, SourceId, System
from cmgdocs.facts.ports import parse
from cmgdocs.render.dot import dot
from cmgdocs.render.tables import dump, markdown
from cmgdocs.views import registry
from cmgdocs.views.documents import required_ports_data
from cmgdocs.views.explanation import explain
from cmgdocs.views.sentences import flow_sentence

PAGE = """# Page

{port}`F01`

```{facts-table} required-ports
```

```{diagram} data-flow
:table: none
```

```{flow-list}
```
"""
CONF = """
extensions = ["myst_parser", "cmgdocs.book", "typstbook"]
source_suffix = {".md": "markdown"}
suppress_warnings = ["ref.*"]
"""


@pytest.fixture
def moved(tmp_path: Path) -> Path:
    """The project's facts, with the deployment on another port, as if its sources printed that."""
    folder = shutil.copytree(DATA, tmp_path / "facts")
    path = folder / "flows.toml"
    head, first, *others = path.read_text(encoding="utf-8").split("[[flows]]\n")
    flows = [head, first.replace("443", "4443"), *others]
    path.write_text("[[flows]]\n".join(flows), encoding="utf-8")
    return folder


def test_a_changed_port_is_in_table_rows_diagram_and_sentence(moved: Path) -> None:
    system = load(moved)
    assert "4443" in markdown(registry.table(system, "required-ports"))
    assert "4443" in dump(required_ports_data(system))
    assert "4443" in dot(registry.diagram(system, "data-flow"))
    assert "4443" in flow_sentence(system, system.flows[0])


def test_a_changed_port_is_on_the_page_and_in_the_handbook(
    moved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "built_in", cache(lambda: load(moved)))
    book = tmp_path / "book"
    book.mkdir()
    (book / "conf.py").write_text(CONF)
    (book / "index.md").write_text(PAGE)
    for builder in ("html", "typst"):
        with patch_docutils(), docutils_namespace():
            app = Sphinx(book, book, tmp_path / builder, tmp_path / "doctrees", builder, status=None, warning=None)
            app.build()
    html = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    source = (tmp_path / "typst" / "handbook.typ").read_text(encoding="utf-8")
    pictures = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "typst").rglob("*.svg"))
    assert html.count(">4443<") >= 4  # role, table, picture, list
    assert source.count("4443") >= 4  # role, table, sentence, list
    assert "4443" in pictures


CHANGES = {
    "id": FlowId("F98"),
    "initiator": RoleId("console"),
    "responder": RoleId("azure"),
    "purpose": "Something else",
    "text": "Something else.",
    "evidence": (Evidence(SourceId("article-2025"), (("Client",),)),),
    "when": Condition(content=False),
    "carried_by": (FlowId("F03"),),
    "via": RoleId("proxy"),
    "both_ways": True,
    "step": 3,
    "rung": 2,
    "proxy": Proxy.SUPPORTED,
    "logs": ("Other.log",),
    "inferred": True,
    "outside_only": "those inside need nothing",
    "consequence": "something else stops",
    "unsettles": 4,
}


def everything(system: System) -> str:
    """All that is shown of a system, as one text."""
    editions = [item.id for item in system.editions]
    parts = [dump(required_ports_data(system, edition)) for edition in editions]
    parts += [markdown(registry.table(system, "required-ports", edition)) for edition in editions]
    parts += [markdown(registry.table(system, name)) for name in registry.table_names(system)]
    parts += [dot(registry.diagram(system, view, edition)) for _, view, edition in registry.pictures(system)]
    parts += [repr(explain(system, flow.id)) for flow in system.flows]
    return "\n".join(parts)


@pytest.fixture(scope="module")
def shown(facts: System) -> str:
    """All that is shown of the facts as they are."""
    return everything(facts)


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Flow)])
def test_every_field_of_a_flow_is_shown_somewhere(facts: System, shown: str, field: str) -> None:
    wanted = "F08" if field == "carried_by" else "F25" if field == "id" else "F02"
    old = next(flow for flow in facts.flows if flow.id == wanted)
    service = dataclasses.replace(old.services[0], port=parse("20000+i")) if old.services else None
    value = (service,) if field == "services" else CHANGES[field]
    new = dataclasses.replace(old, **{field: value})
    flows = tuple(new if flow is old else flow for flow in facts.flows)
    endpoints = tuple(item for item in facts.endpoints if field != "id" or wanted not in item.flows)
    assert everything(dataclasses.replace(facts, flows=flows, endpoints=endpoints)) != shown
