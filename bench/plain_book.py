"""
The book as Jupyter Book alone would have it: directives and roles of the project replaced by what they show.

What the strict build of the real book costs is measured against the build of this one.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import yaml

from cmgdocs.difference import CHANGES, EVERY, difference
from cmgdocs.fitted import fitted
from cmgdocs.lab.experiments import experiment
from cmgdocs.model import System
from cmgdocs.plan import Plan, Planner
from cmgdocs.render import tables
from cmgdocs.render.firewall.dialect import written
from cmgdocs.render.firewall.listing import dialects_table
from cmgdocs.render.firewall.registry import dialect
from cmgdocs.render.picture import svg
from cmgdocs.rules import rule_set
from cmgdocs.sitefile import SiteReader
from cmgdocs.sphinx_ext.commands import printed
from cmgdocs.sphinx_ext.dialogue import dialogue
from cmgdocs.sphinx_ext.outcomes import answer
from cmgdocs.views import page_tables, registry
from cmgdocs.views.ports_table import edition_changes
from cmgdocs.views.request import request
from cmgdocs.views.sentences import flow_sentence
from cmgdocs.views.table import Table
from cmgdocs.words import fill

ROOT = Path(__file__).resolve().parents[1]
DIRECTIVE = re.compile(r"^```\{([a-z-]+)\} ?(.*?)\n((?::.*\n)*)```$", re.MULTILINE)
ROLE = re.compile(r"\{(?:port|protocol|limit|endpoint|fact|flow|role|source)\}`([^`<]*)[^`]*`")


def static_book(system: System, folder: Path) -> Path:
    """A copy of the book whose directives and roles are replaced by what they show, for Jupyter Book as it comes."""
    book = folder / "plain"
    shutil.copytree(ROOT / "book", book, ignore=shutil.ignore_patterns("_build", "_templates"))
    shutil.copytree(ROOT / "diagrams", book / "diagrams")
    config = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    plain = {key: config[key] for key in ("title", "author", "execute", "parse", "only_build_toc_files")}
    extensions = {"sphinx": {"extra_extensions": ["sphinx_design"]}}
    (book / "_config.yml").write_text(yaml.safe_dump(plain | extensions), encoding="utf-8")
    for page in book.rglob("*.md"):
        up = "../" * (len(page.relative_to(book).parts) - 1)
        text = DIRECTIVE.sub(lambda found, up=up: _static(system, found, up), page.read_text(encoding="utf-8"))
        page.write_text(ROLE.sub(r"\1", text), encoding="utf-8")
    return book


def _static(system: System, found: re.Match[str], up: str) -> str:
    name, argument = found[1], found[2].strip()
    edition = re.search(r"^:edition: (.*)$", found[3], re.MULTILINE)
    chosen = edition[1] if edition else None
    if name.startswith("site-"):
        return _site(system, name, argument.split(), found[3])
    if name == "experiment":
        return _experiment(system, *argument.split(), shown=":picture:" in found[3])
    if name == "what-if":
        return _what_if(system, argument, found[3])
    if name == "command-output":
        words = shlex.split(f"{argument} {found[3]}")
        return f"```text\n{printed(words, ROOT / 'examples').stdout}\n```"
    if name == "command-help":
        return f"```text\n{printed([*argument.split(), '--help']).stdout}\n```"
    if name == "facts-table" and argument == "dialects":
        return tables.markdown(dialects_table())
    if name == "facts-table":
        return tables.markdown(registry.table(system, argument, chosen))
    if name == "edition-changes":
        return tables.markdown(edition_changes(system, *argument.split()))
    if name == "diagram":
        if site := re.search(r"^:site: (.*)$", found[3], re.MULTILINE):
            made = registry.diagram(fitted(_plan(system, site[1])), argument, chosen)
            return f"<div>{svg(made, prefix=site[1], link=lambda _: None)}</div>\n\n{tables.markdown(made.table)}"
        stem = next(stem for stem, view, of in registry.pictures(system) if view == argument and chosen in (None, of))
        made = registry.diagram(system, argument, chosen)
        rows = "" if ":table: none" in found[3] else tables.markdown(made.table)
        return f"```{{figure}} {up}diagrams/{stem}.svg\n:alt: x\n\n{made.caption}\n```\n\n{rows}"
    if name == "flow-list":
        return "\n".join(f"{f.id}\n: {flow_sentence(system, f)}\n\n  {fill(f.text, system)}\n" for f in system.flows)
    if name == "port-notes":
        notes = next(item.notes for item in system.editions if item.id == argument)
        return "\n".join(f"{note.title}\n: {fill(note.text, system)}\n" for note in notes)
    if name == "sequence":
        return tables.markdown(registry.table(system, f"steps-{argument}"))
    return found[0]


def _experiment(system: System, name: str, site: str, shown: bool) -> str:
    found = experiment(system, name, _plan(system, site).deployment)
    parts = [f"<div>{svg(found.picture, prefix=name, link=lambda _: None)}</div>"] if shown and found.picture else []
    return "\n\n".join([*parts, *map(tables.markdown, found.tables)])


def _what_if(system: System, site: str, options: str) -> str:
    found = dict(re.findall(r"^:([a-z-]+):(?: (.*))?$", options, re.M))
    made, _ = answer(_plan(system, site), found, ROOT / "examples")
    if isinstance(made, Table):
        return tables.markdown(made)
    return f"<div>{svg(made, prefix=site, link=lambda _: None)}</div>\n\n{tables.markdown(made.table)}"


def _plan(system: System, site: str) -> Plan:
    return Planner(system).plan(SiteReader(system).read(ROOT / "examples" / f"{site}.toml").deployment)


def _site(system: System, name: str, words: list[str], options: str) -> str:
    """What a directive of a site shows; one that is not known here stops the measurement."""
    if name == "site-table":
        return tables.markdown(page_tables.TABLES[words[0]](_plan(system, words[1])))
    if name == "site-request":
        made = request([rule_set(_plan(system, words[0]))])
        return "\n".join(map(tables.markdown, page_tables.request_tables(made)))
    if name == "site-rules":
        return f"```text\n{written(rule_set(_plan(system, words[0])), dialect(words[1])).decode()}\n```"
    if name == "site-dialogue":
        parts = dialogue(system, ROOT / "examples" / f"{words[0]}.toml", "site.toml")
        return "```text\n{}\n```".format("\n\n".join(parts.values()))
    if name == "site-difference":
        moved = difference(*(rule_set(_plan(system, site)) for site in words))
        moves = CHANGES if ":changes:" in options else EVERY
        return tables.markdown(page_tables.difference(system, moved, *words, moves=moves))
    raise ValueError(f"bench/plain_book.py knows no directive {name}; add it here")
