"""Odd site files: refused in one line for each fault that begins with the path and names the key, or read correctly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sitefiles import READER, rules, site_text, written

from cmgdocs.errors import SiteError
from cmgdocs.site.hosts import HostKind, parse_host
from cmgdocs.site.model import Deployment

HOSTS = {"cmg": "cmg.corp.example"}
LONGEST = 500  # characters of one fault, its path left out; a list of all roles has 300
LONG_NAME = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])  # 253 characters
FILE = "folder/one.toml"


def read(text: str) -> Deployment:
    return READER.parse(text, where=FILE).deployment


def faults(error: SiteError, path: Path | str = FILE) -> list[str]:
    """The faults of an error without the path, each one line that begins with it, has it once, and can be printed."""
    assert str(error).splitlines() == [str(fault) for fault in error.faults] != []
    for text in map(str, error.faults):
        assert text.startswith(f"{path}: ")
        assert text.count(str(path)) == 1
        assert text.isprintable(), text
        assert len(text) - len(str(path)) < LONGEST, text
    return [str(fault).removeprefix(f"{path}: ") for fault in error.faults]


def refused(text: str) -> list[str]:
    """What is said of a text; a deployment would be a mistake."""
    with pytest.raises(SiteError) as error:
        read(text)
    return faults(error.value)


def refused_file(path: Path, content: bytes = b"") -> str:
    """The one thing that is said of a file."""
    if content:
        path.write_bytes(content)
    with pytest.raises(SiteError) as error:
        READER.read(path)
    (said,) = faults(error.value, path)
    return said


# Hosts


@pytest.mark.parametrize(
    ("given", "kept", "kind"),
    [
        *((name, name, HostKind.NAME) for name in ("a", "fade", "srv-01", "srv_01.corp.example", "1and1.example")),
        ("SRV-01.Corp.Example", "srv-01.corp.example", HostKind.NAME),
        ("cp.corp.example.", "cp.corp.example", HostKind.NAME),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", HostKind.NAME),
        ("a" * 63, "a" * 63, HostKind.NAME),
        (LONG_NAME + ".", LONG_NAME, HostKind.NAME),
        ("10.0.1.5", "10.0.1.5", HostKind.ADDRESS),
        ("2001:DB8:0:0:0:0:0:5", "2001:db8::5", HostKind.ADDRESS),
        ("fade::", "fade::", HostKind.ADDRESS),
        ("10.0.1.5/32", "10.0.1.5/32", HostKind.NETWORK),
        ("2001:DB8::/32", "2001:db8::/32", HostKind.NETWORK),
        ("ANY", "any", HostKind.ANY),
    ],
)
def test_a_host_is_kept_in_its_usual_form(given: str, kept: str, kind: HostKind) -> None:
    for hosts in (given, [given]):
        assert [(host.text, host.kind) for host in read(site_text({"cmg": hosts})).at("cmg")] == [(kept, kind)]


NO_HOSTS = {
    "letters that no host has": ["", " ", " a", "a b", "a\nb", "\na", "a\x00b", "a\x1b[31mb", "a\u2028b", "<b>x</b>"],
    "words of shells": ["=cmd|x", "+a", "@a", "-a", "a-", "a,b", "a'b", 'a"b', "$(x)", "`x`", "a\\b"],
    "too long": ["x" * 64, LONG_NAME + "e", ("x" * 60 + ".") * 5, "x" * 100_000],
    "no name": [
        ".",
        ".a",
        "a..b",
        "a..",
        "*.corp.example",
        "any.",
        "any/0",
        "bücher.example",
        "ü" * 300,
        "例え。テスト",
    ],
    "with a port or a path": ["https://cp.corp.example/", "cp.example/", "cp.example:443", "a:", ":443", "443"],
    "no address": ["10.0.1.5:443", "010.0.1.5", "10.0.1", "10.0.1.256", "10.0.1.5.", "1.2.3.4.5", "10.0.1.-5"],
    "numbers that resolvers take for one": ["10.0.1.0x5", "0x7f000001", "a.0x", "a.1", "٣.٠.٠.١", "１０.0.1.5"],
    "ranges": ["10.0.1.5-10.0.1.9", "10.0.1.5–9", "10.0.1.*"],
    "no network": ["10.0.1.5/24", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/24", "10.0.0.0/24/8", "10.0.0.0 /24"],
    "no network of IPv6": ["10.0.0.0/255.255.255.0", "2001:db8::5/32", "::/129"],
    "no address of IPv6": ["[2001:db8::5]", "[2001:db8::5]:443", "2001:db8::5::", "2001:db8::g", "fe80::1%eth0"],
    "a zone of IPv6": ["fe80::1%", "fe80::%eth0/64", "fe80::1%eth0/128"],
}


@pytest.mark.parametrize("what", NO_HOSTS)
def test_what_is_no_host_is_refused_in_one_line_that_names_its_place(what: str) -> None:
    for given in NO_HOSTS[what]:
        (alone,) = refused(site_text({"cmg": given}))
        assert alone.startswith("hosts.cmg: found ")
        assert re.search("; (allowed|leave|name|write|did you mean|no host has|patterns|ranges|a zone)", alone), given
        (second,) = refused(site_text({"cmg": ["cmg.corp.example", given]}))
        assert second.startswith("hosts.cmg[1]: found ")


def test_a_name_in_other_letters_comes_with_its_name_in_dns() -> None:
    assert "xn--bcher-kva.example" in refused(site_text({"cmg": "bücher.example"}))[0]


@pytest.mark.parametrize(
    "twice",
    [
        ["cp.corp.example", "CP.corp.example."],
        ["10.0.1.5", "10.0.1.6", "10.0.1.5"],
        ["2001:db8::5", "2001:db8:0::5"],
        ["10.0.0.0/24", "10.0.0.0/24"],
        ["any", "Any"],
    ],
    ids=str,
)
def test_a_host_may_be_in_two_roles_but_not_twice_in_one(twice: list[str]) -> None:
    (said,) = refused(site_text({"connection-point": twice}))
    assert re.match(rf"hosts\.connection-point\[{len(twice) - 1}\]: .* is listed twice$", said)
    read(site_text({"management-point": twice[0], "software-update-point": twice[0]}))


def test_twenty_thousand_hosts_of_a_role_are_read_and_planned() -> None:
    hosts = [f"10.{i // 65536}.{i // 256 % 256}.{i % 256}" for i in range(20_000)]
    found = rules(site_text({"connection-point": hosts, "management-point": "2001:db8::5"}))
    (rule,) = (rule for rule in found.rules if rule.id == "F09")
    assert len(rule.source.hosts) == 20_000


@pytest.mark.parametrize(
    "role",
    ["gateway", "CMG", "connection_point", "", "a\nb", "a\x1b[31mb", "<b>x</b>", "x" * 10_000, "hosts", "cmg."],
    ids=lambda text: ascii(text[:20]),
)
def test_an_unknown_role_is_refused(role: str) -> None:
    (said,) = refused(f'[hosts]\n{written(role)} = "a"\n')
    assert said.startswith("hosts.")
    assert "no such role" in said


# Ports


@pytest.mark.parametrize("given", ["0", "70000", "-1", '"443-80"', '"8531"', '""', "8531.0", "true", "[8531]", "0x0"])
def test_a_port_that_no_update_point_has_is_refused(given: str) -> None:
    (said,) = refused(f"software-update-point = {given}\n{site_text(HOSTS)}")
    assert said.startswith("software-update-point: found ")
    assert all(port in said for port in ("80", "443", "8530", "8531")) or "without quotes" in said


def test_a_port_in_another_notation_is_the_same_port() -> None:
    for given in ("8_531", "0x2153", "+8531"):
        assert read(f"software-update-point = {given}\n{site_text(HOSTS)}").setup.update_port == 8531


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [
        ("PROXY.corp.example.:1", "proxy.corp.example", 1),
        ("10.0.1.9:65535", "10.0.1.9", 65535),
        ("[2001:DB8::9]:3128", "2001:db8::9", 3128),
    ],
)
def test_a_proxy_is_a_host_and_a_port(given: str, host: str, port: int) -> None:
    found = read(site_text(HOSTS, proxy=given)).proxy
    assert found is not None
    assert (found.host.text, found.port) == (host, port)


NO_PROXIES = {
    "no port": ["", ":", "p", "p:", "2001:db8::9", "[2001:db8::9]", "p:http"],
    "a port that is none": ["p:0", "p:70000", "p:-1", "p:+80", "p: 80", "p:80 ", "p:0x50", "p:80\n", "p:443-80"],
    "odd digits": ["p:８０", "p:٨٠", "p:8_0", "p:" + "9" * 5000, "p:000000001" + "0" * 5000, "p:00000000180000"],
    "no host": [":80", "any:80", "10.0.0.0/8:80", "[p]:80", "[]:80", "<b>x</b>:80", "=cmd|x:80", "x" * 300 + ":80"],
    "more than a host": ["http://p:80", "u:s@p:80", "a\nb:80", "bücher.example:80"],
    "odd brackets": ["2001:db8::1:80", "[2001:db8::9:80", "2001:db8::9]:80", "[fe80::1%eth0]:80"],
}


@pytest.mark.parametrize("what", NO_PROXIES)
def test_what_is_no_proxy_is_refused(what: str) -> None:
    for given in NO_PROXIES[what]:
        (said,) = refused(site_text(HOSTS, proxy=given))
        assert said.startswith("proxy: found "), given


# Keys and types

# Values that no key takes, except the pairs in RIGHT
WRONG = {
    "true": "true",
    "a number": "99999",
    "a number of 5,000 hexadecimal digits": "0x" + "F" * 5000,
    "a fraction": "1.5",
    "not a number": "nan",
    "text": '"x y"',
    "empty text": '""',
    "long text": '"' + "x" * 100_000 + '"',
    "text with control characters": '"\\u001b[31m\\u0000\\r\\u2028"',
    "a date": "2020-11-30",
    "an empty list": "[]",
    "a list of a huge number": "[0x" + "F" * 5000 + "]",
    "a list of lists": '[["entra"], [[]]]',
    "a list of tables": "[{ a = 1 }]",
    "a table": "{}",
    "nested tables": "{ a = { b = { c = 1 } } }",
}
RIGHT = {("content", "true"), ("uses", "an empty list")}


@pytest.mark.parametrize("key", READER.keys)
def test_a_value_of_a_wrong_type_is_refused_and_its_key_named(key: str) -> None:
    for kind, value in WRONG.items():
        text = f"{key} = {value}\n{site_text(HOSTS)}"
        if (key, kind) in RIGHT:
            read(text)
        else:
            said = refused(text)
            assert all(re.match(rf"{key}(\[\d+\])?: found ", line) for line in said), said


@pytest.mark.parametrize("kind", WRONG)
def test_a_value_of_a_wrong_type_for_hosts_is_refused(kind: str) -> None:
    assert refused(f"[hosts]\ncmg = {WRONG[kind]}\n")[0].startswith(("hosts.cmg: found ", "hosts.cmg[0]: found "))
    if kind != "a table":  # which names no host, as an empty [hosts] does
        (said,) = refused(f"hosts = {WRONG[kind]}\n")
        assert said.startswith(("hosts: found ", "hosts.a: no such role"))


@pytest.mark.parametrize("key", [*READER.keys, "hosts", "hosts.cmg", "hosts.x", "x"])
def test_values_of_thousands_of_levels_or_digits_are_refused(key: str) -> None:
    for text in (f"{key}{'.a' * 2000} = 1\n", f"{key} = {'1' * 5000}\n", f"{key} = {'[' * 40}{']' * 40}\n"):
        assert any(line.startswith(key) or "TOML" in line for line in refused(text))


@pytest.mark.parametrize("depth", [100, 1000, 100_000])
def test_lists_in_lists_are_refused(depth: int) -> None:
    (said, *_) = refused(f"instances = {'[' * depth}{']' * depth}\n{site_text(HOSTS)}")
    assert said.startswith("instances: found ") or "TOML" in said


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("instance", "instances"),
        ("Instances", "instances"),
        ("management_point", "management-point"),
        ("proxi", "proxy"),
        ("host", "hosts"),
    ],
)
def test_an_unknown_key_comes_with_the_one_that_was_meant(given: str, meant: str) -> None:
    assert refused(f"{given} = 1\n{site_text(HOSTS)}") == [f"{given}: no such key; did you mean {meant!r}?"]


def test_an_unknown_role_comes_with_the_one_that_was_meant() -> None:
    said = refused(site_text({"conection-point": "a"}))
    assert said == ["hosts.conection-point: no such role; did you mean 'connection-point'?"]


@pytest.mark.parametrize(
    "key", ["", " ", "a\nb", "a\x1b[31mb", "a\u2028b", "<b>x</b>", "x" * 10_000], ids=lambda key: ascii(key[:9])
)
def test_an_unknown_key_of_odd_letters_is_one_line(key: str) -> None:
    (said,) = refused(f"{written(key)} = 1\n{site_text(HOSTS)}")
    assert "no such key" in said
    assert not said.startswith(": ")


def test_a_fault_says_how_to_write_the_value() -> None:
    assert refused(f"configmgr = 2509\n{site_text(HOSTS)}")[0].endswith('write it in quotes: "2509"')
    assert refused(f'method = "vms"\n{site_text(HOSTS)}')[0].endswith("did you mean 'vmss'?")
    (said,) = refused(f'client-authentication = ["entra", "entra"]\n{site_text(HOSTS)}')
    assert said.startswith("client-authentication[1]: ")


# All at once


def places(text: str) -> list[str]:
    """The places of all faults of a text."""
    return sorted(line.partition(": ")[0] for line in refused(text))


def test_all_faults_of_a_file_are_reported() -> None:
    text = (
        'configmgr = 2509\ninstances = 17\ncontents = true\nproxy = "p"\n'
        '[hosts]\ncmg = ["a", "10.0.1.5/24"]\nconnection-point = "b"\n'
    )
    assert places(text) == ["configmgr", "contents", "hosts.cmg[1]", "instances", "proxy"]
    text = "".join(f"{key} = 1.5\n" for key in READER.keys)
    text += "[hosts]\ncmg = 1.5\nconnection-point = 1.5\nother = 1.5\n"
    assert places(text) == sorted([*READER.keys, "hosts.cmg", "hosts.connection-point", "hosts.other"])


def test_what_cannot_be_is_reported_together_with_other_faults_but_no_key_twice() -> None:
    # Five: two in one value each, two that contradict the version, and the proxy that classic cannot have
    proxy = "proxy.corp.example:8080"
    wrong = {"configmgr": "2403", "method": "classic", "management_point": "http", "instances": 17, "proxy": proxy}
    found = places(site_text({"cmg": "<b>x</b>"}, **wrong))
    assert found == ["hosts.cmg", "instances", "management-point", "method", "proxy"]
    text = site_text(HOSTS, configmgr="1802", method="classic", content="yes", instances=0)
    assert places(text) == ["content", "instances"]


# Files


@pytest.mark.parametrize(
    "text",
    [
        *("instances = ", "= 3", "instances", "instances == 3", "instances = 3 3", "[hosts", "[hosts]]", "[[hosts]]x"),
        *('a = "', 'a = """', "a = {", "a = [1,", "a = 1__0"),
        *("a = 2021-02-30", "a = \\", "\x00", "a = '\x07'", "a\rb = 1", 'a = "\\ud800"', "{}", "[]"),
    ],
    ids=ascii,
)
def test_what_is_no_toml_is_refused_with_the_reason(text: str) -> None:
    (said,) = refused(text)
    assert re.match("line [12]: found .+; not valid TOML: [a-z]", said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("instances = 3\ninstances = 4\n", "line 2: instances"),
        ("[hosts]\n#\n[hosts]\n", "line 3: [hosts]"),
        ("hosts = 1\n[hosts]\n", "line 2: [hosts]"),
        ("[[hosts]]\n[hosts]\n", "line 2: [hosts]"),
        ("hosts = {}\nhosts.cmg = 1\n", "line 2: hosts.cmg"),
        ("[hosts]\ncmg = 1\n[hosts.cmg]", "line 3: [hosts.cmg]"),
        ("a.b = 1\na = 2", "line 2: a"),
        ("uses = []\nuses = [\n]\n", "line 3: a key"),
    ],
    ids=ascii,
)
def test_what_is_given_twice_is_named_with_its_line(text: str, said: str) -> None:
    assert refused(text) == [f"{said} is given twice; allowed: once"]


@pytest.mark.parametrize("given", ["443-80", "443–80", "8531,", "0443", "", "8531 8530"])
def test_a_value_that_is_no_toml_is_refused_with_its_line(given: str) -> None:
    (said,) = refused(f"instances = 3\nsoftware-update-point = {given}\n{site_text(HOSTS)}")
    assert said.startswith(f"line 2: found 'software-update-point = {given}".rstrip() + "'; not valid TOML: ")


def test_only_hosts_must_be_there_and_may_be_empty() -> None:
    assert read("[hosts]\n#\n").hosts == ()
    for text in ("", "\n", "# nothing\n"):
        (said,) = refused(text)
        assert said.startswith("hosts: missing")


@pytest.mark.parametrize(
    "content",
    [bytes(range(256)), b"PK\x03\x04" + b"\xff" * 100, "[hosts]\ncmg = 'a'\n".encode("utf-16"), b"# Gr\xf6\xdfe\n"],
    ids=["all bytes", "archive", "UTF-16", "Latin-1"],
)
def test_a_binary_file_is_refused(tmp_path: Path, content: bytes) -> None:
    said = refused_file(tmp_path / "one.toml", content)
    assert "UTF-8" in said or "TOML" in said


@pytest.mark.parametrize("name", ["none.toml", "none/none.toml", "x" * 5000], ids=lambda name: name[:9])
def test_a_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SiteError) as error:
        READER.read(tmp_path / name)
    (fault,) = error.value.faults
    assert str(fault).startswith(f"{tmp_path / name}: ")


def test_a_folder_and_a_file_of_two_megabytes_are_refused(tmp_path: Path) -> None:
    assert "folder" in refused_file(tmp_path)
    assert "bytes" in refused_file(tmp_path / "one.toml", site_text(HOSTS).encode() + b"#\n" * 1_000_000)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_a_file_has_the_name_of_its_site_and_any_line_ends(tmp_path: Path, start: bytes, end: bytes) -> None:
    text, path = site_text({"cmg": "a", "connection-point": ["b", "10.0.1.5"]}, instances=3), tmp_path / "one.toml"
    path.write_bytes(start + text.encode().replace(b"\n", end))
    assert READER.read(path).deployment == READER.parse(text, "one").deployment


def test_a_network_of_mapped_addresses_is_refused() -> None:
    with pytest.raises(ValueError, match=r"found '::ffff:c980:0/105', a mapped network; write it as one of IPv4"):
        parse_host("::ffff:c980:0/105")
