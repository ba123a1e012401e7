"""The schema of site files refuses what the command refuses on sight, and never what it takes."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sitefiles import FACTS, READER, site_text

from cmgdocs.errors import SiteError
from cmgdocs.site.keys import Key
from cmgdocs.site.reader import SiteReader
from cmgdocs.site.schema import schema, schema_text

HOSTS = '[hosts]\ncmg = "a.example"'
SCHEMA = schema(FACTS)
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
KEYS = READER.keys

label = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,8}[A-Za-z0-9_])?", fullmatch=True)
names = st.lists(label, min_size=1, max_size=4).map(".".join)
address = st.ip_addresses().map(str)
host = st.one_of(names, names.map("{}.".format), address, address.map("{}/128".format), st.just("10.0.0.0/8"))
hosts = st.dictionaries(st.sampled_from([role.id for role in FACTS.roles]), st.one_of(host, st.lists(host)))


def values(name: str) -> st.SearchStrategy[Any]:
    key = KEYS[name]
    if key.bounds:
        return st.integers(key.bounds[0] - 1, key.bounds[1] + 1)
    if not key.choices:
        return st.builds("{}:{}".format, st.one_of(names, st.just("[2001:db8::5]")), st.integers(0, 70000))
    one = st.sampled_from(key.choices)
    return st.lists(one, max_size=4) if key.many else one


files = st.fixed_dictionaries({"hosts": hosts}, optional={item: values(item) for item in KEYS})


def toml(table: dict[str, Any]) -> str:
    return site_text(table["hosts"], **{key: value for key, value in table.items() if key != "hosts"})


@settings(max_examples=60, deadline=None)
@given(files)
def test_what_the_command_takes_the_schema_takes(table: dict[str, Any]) -> None:
    try:
        READER.parse(toml(table))
    except SiteError:
        return
    VALIDATOR.validate(table)


@given(host)
def test_every_host_that_can_be_read_fits_its_pattern(text: str) -> None:
    VALIDATOR.validate({"hosts": {"client": text}})


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("instances = 17", "instances"),
        ("instances = 0", "instances"),
        ("instances = true", "instances"),
        ('configmgr = "2510"', "configmgr"),
        ("configmgr = 2509", "configmgr"),
        ('method = "vms"', "method"),
        ("content = 1", "content"),
        ("software-update-point = 8080", "software-update-point"),
        ('client-authentication = "entra"', "client-authentication"),
        ("client-authentication = []", "client-authentication"),
        ('client-authentication = ["entra", "entra"]', "client-authentication"),
        ('uses = ["unknown"]', "uses.0"),
        ('proxy = "proxy.corp.example"', "proxy"),
        ('method = "classic"', "method"),
        ('management-point = "http"', "management-point"),
        ('configmgr = "1702"\nmethod = "classic"\ncontent = true', "content"),
        ('configmgr = "1910"\nmethod = "classic"\nclient-authentication = ["token"]', "client-authentication.0"),
        ('configmgr = "2203"\nmethod = "classic"\nproxy = "p.example:80"', ""),  # a schema that is false has no path
        ("instence = 1", ""),
        ('[hosts]\ncmgs = "a.example"', "hosts"),
        ("[hosts]\ncmg = []", "hosts.cmg"),
        ('[hosts]\ncmg = "a b"', "hosts.cmg"),
        ("[hosts]\ncmg = 5", "hosts.cmg"),
    ],
)
def test_what_the_schema_refuses_the_command_refuses(text: str, where: str) -> None:
    whole = text if "[hosts]" in text else f"{text}\n{HOSTS}"
    found = {".".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(tomllib.loads(whole))}
    assert found == {where}
    with pytest.raises(SiteError, match=f"site: {where.partition('.')[0]}"):
        READER.parse(whole)


def test_only_hosts_must_be_there() -> None:
    VALIDATOR.validate(tomllib.loads(HOSTS))
    assert [error.message for error in VALIDATOR.iter_errors({})] == ["'hosts' is a required property"]


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert json.loads(schema_text(FACTS)) == SCHEMA


def test_every_key_role_and_value_is_described() -> None:
    properties = SCHEMA["properties"]
    assert list(properties) == [*KEYS, "hosts"]
    assert set(properties["hosts"]["properties"]) == {role.id for role in FACTS.roles}
    assert all(item["description"] for item in (*properties.values(), *properties["hosts"]["properties"].values()))
    assert "{" not in schema_text(FACTS).replace("{\n", "")
    for one in (properties["method"], properties["client-authentication"]["items"], properties["uses"]["items"]):
        assert len(one["x-taplo"]["docs"]["enumValues"]) == len(one["enum"])


def test_a_default_is_the_readers_default() -> None:
    filled = {item: found["default"] for item, found in SCHEMA["properties"].items() if "default" in found}
    usual, given = READER.parse(HOSTS), READER.parse(toml(filled | tomllib.loads(HOSTS)))
    assert given.deployment == usual.deployment


def test_every_key_decides_a_part_of_the_setup() -> None:
    usual = READER.parse(HOSTS).deployment.setup
    for key in KEYS.values():
        others = key.choices or key.bounds or ("proxy.corp.example:8080",)
        values = [value for value in others if value not in (key.default, *(key.default if key.many else ()))]
        value = [values[-1]] if key.many else values[-1]
        table = {"configmgr": "2309", "hosts": {}} | {key.name: value}  # a version that has all values
        assert getattr(READER.from_table(table).deployment.setup, key.decides) != getattr(usual, key.decides), key.name


def test_a_key_cannot_be_accepted_and_forgotten() -> None:
    reader = SiteReader(FACTS)
    reader.keys["colour"] = Key("colour", "colour", "Colour of the gateway.", "red", ("red", "blue"))
    with pytest.raises(TypeError, match="'colour'"):
        reader.parse(f'colour = "blue"\n{HOSTS}')
