"""A commented site file says what its values said, and explains every key and every role that matters."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sitefiles import FACTS, READER

from cmgdocs.errors import SiteError
from cmgdocs.plan.writer import UNKNOWN_PROXY, site_text
from cmgdocs.site.keys import written

KEYS = READER.keys
CMG = {"cmg": ["contoso.westeurope.cloudapp.azure.com"]}

name = st.from_regex(r"[a-zA-Z][a-z0-9-]{0,8}[a-z0-9](\.example)?", fullmatch=True)
host = st.one_of(name, st.ip_addresses().map(str), st.sampled_from(["10.0.0.0/8", "2001:db8::/32", "any"]))
hosts = st.dictionaries(
    st.sampled_from([role.id for role in FACTS.roles]), st.lists(host, max_size=12, unique_by=str.lower), max_size=6
)


def value(ident: str) -> st.SearchStrategy[Any]:
    key = KEYS[ident]
    if key.bounds:
        return st.integers(*key.bounds)
    if not key.choices:
        return st.one_of(st.none(), st.builds("{}:{}".format, name, st.integers(1, 65535)))
    one = st.sampled_from(key.choices)
    return st.lists(one, min_size=key.least, max_size=4, unique=True) if key.many else one


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({}, optional={ident: value(ident) for ident in KEYS}), hosts)
def test_text_reads_back_as_what_was_written(values: dict[str, Any], hosts: dict[str, list[str]]) -> None:
    named = {role: found for role, found in hosts.items() if found}
    try:
        meant = READER.from_table({**{k: v for k, v in values.items() if v is not None}, "hosts": named}).deployment
    except SiteError as error:
        with pytest.raises(SiteError, match=re.escape(str(error))):
            site_text(FACTS, values, hosts)
        return
    text = site_text(FACTS, values, hosts)
    read = READER.parse(text).deployment
    assert (read.setup, read.proxy, dict(read.hosts)) == (meant.setup, meant.proxy, dict(meant.hosts))
    assert {key: tomllib.loads(text)[key] for key in values if values[key] is not None} == {
        key: found for key, found in values.items() if found is not None
    }
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert max(map(len, comments)) <= 110


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_reads_back_from_its_quotes(text: str) -> None:
    assert tomllib.loads(f"{written(text)} = {written([text, 1, True])}") == {text: [text, 1, True]}


def test_what_toml_could_not_mean_is_refused() -> None:
    with pytest.raises(TypeError, match=r"found 1\.5; a site file holds text"):
        written(1.5)


def test_every_key_is_written_with_its_text_and_the_proxy_waits_in_a_comment() -> None:
    text = site_text(FACTS, {}, CMG)
    table = tomllib.loads(text)
    assert [*table, "proxy"] == [*(key for key in KEYS if key != "proxy"), "hosts", "proxy"]
    assert f"# proxy = {UNKNOWN_PROXY}" in text.splitlines()
    flat = " ".join(line.removeprefix("# ") for line in text.splitlines())
    assert all(key.text in flat for key in KEYS.values())


def test_a_key_without_a_value_is_written_with_its_default() -> None:
    assert site_text(FACTS, dict.fromkeys(KEYS), CMG) == site_text(FACTS, {}, CMG)


def test_a_placeholder_taken_out_of_its_comment_is_refused() -> None:
    lines = site_text(FACTS, {}, CMG).splitlines()
    bare = [line.removeprefix("# ") if "<" in line and " = " in line else line for line in lines]
    with pytest.raises(SiteError) as caught:
        READER.parse("\n".join(bare))
    faults = {fault.where: fault.what for fault in caught.value.faults}
    assert len(faults) == sum(line.startswith("# ") for line in lines) - sum(line.startswith("# ") for line in bare)
    assert faults["hosts.console"].startswith("found '<host>'; allowed: an address, ")
    assert faults["proxy"].startswith("found '<host>:<port>'; allowed: host:port ")


def test_only_roles_that_matter_are_explained() -> None:
    text = site_text(FACTS, {"content": False, "uses": []}, CMG)
    assert "# management-point = " in text
    assert "# graph = " not in text
    assert "# site-server = " in text  # decides whether the connection point is apart
    assert "# key-vault = " in text


def test_names_that_are_planned_anyway_are_told() -> None:
    assert "# Left out, it is planned as contoso.blob.core.windows.net." in site_text(FACTS, {}, CMG)
    assert "# Left out, it is planned as <prefix>.blob.core.windows.net." in site_text(FACTS, {}, {})


def test_a_role_that_does_not_matter_keeps_its_hosts() -> None:
    text = site_text(FACTS, {}, CMG | {"microsoft-update": ["192.0.2.7"]})
    assert text.endswith('# No connection of this setup starts or ends at:\nmicrosoft-update = "192.0.2.7"\n')


def test_the_directive_stands_first_and_only_where_asked() -> None:
    assert site_text(FACTS, {}, CMG, "../schemas/site.schema.json").startswith("#:schema ../schemas/site.schema.json\n")
    assert "#:" not in site_text(FACTS, {}, CMG)
