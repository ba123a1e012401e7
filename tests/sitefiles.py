"""
Site files for tests: their texts, what comes of them, and the versions of facts.md section 6.1.

The versions are typed apart from the package's own data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from cmgdocs.facts import load
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.reader import SiteReader

FACTS = load()
READER, PLANNER = SiteReader(FACTS), Planner(FACTS)
Faulty = tuple[str, str, str]  # the key, the word for what was found, and the version that decides


def written(value: object) -> str:
    """One value as TOML: text, numbers, booleans and lists of them are written as in JSON, save for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def site_text(hosts: Mapping[str, object], **values: object) -> str:
    """A site file; an underscore in the name of a value stands for the hyphen of the key."""
    keys = [f"{name.replace('_', '-')} = {written(value)}" for name, value in values.items()]
    return "\n".join([*keys, "[hosts]", *(f"{role} = {written(found)}" for role, found in hosts.items()), ""])


def planned(text: str, edition: str | None = None) -> Plan:
    """The plan of a site file with that text."""
    return PLANNER.plan(READER.parse(text).deployment, edition)


def rules(text: str) -> RuleSet:
    """The rules of a site file with that text."""
    return rule_set(planned(text))


def refusals(
    version: str, method: str, cloud: str, content: bool, management_point: str, clients: tuple[str, ...]
) -> Iterator[Faulty]:
    """
    Everything in such a site that the product never did; nothing where it can exist.

    Versions are year and month, so they compare as numbers.
    """
    have = int(version)
    # "classic unsupported" in the row of 2403
    if method == "classic" and have >= 2403:
        yield "method", "classic", "2403"
    # "VMSS pre-release" in the row of 2010; the technical preview before it was no release
    if method == "vmss" and have < 2010:
        yield "method", "vmss", "2010"
    # "VMSS in US Gov" in the row of 2111
    if method == "vmss" and cloud == "us-government" and have < 2111:
        yield "cloud", "us-government", "2111"
    # "since 1806", the first line of section 4
    if content and have < 1806:
        yield "content", "content", "1806"
    # "support removed in 2403", on plain-HTTP sites in section 5.4
    if management_point == "http" and have >= 2403:
        yield "management-point", "http", "2403"
    # "1806+ E-HTTP allowed", in the history of section 5.4
    if management_point == "enhanced-http" and have < 1806:
        yield "management-point", "enhanced-http", "1806"
    # "2002+ in 2020", on site tokens in the table of section 5.1
    if "token" in clients and have < 2002:
        yield "client-authentication", "token", "2002"
