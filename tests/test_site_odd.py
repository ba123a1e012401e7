"""Odd site files: told in one line for each fault that begins with the path and names the key, or read correctly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sitefiles import site_text, written

from cmgdocs.errors import Fault, SiteError
from cmgdocs.facts.model import System
from cmgdocs.site.hosts import HostKind
from cmgdocs.site.model import Deployment
from cmgdocs.site.reader import SiteReader

HOSTS = {"cmg": "cmg.corp.example"}
LONGEST = 500  # characters of one fault, its path left out; a list of all roles has 300
LONG_NAME = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])  # 253 characters


@pytest.fixture(scope="module")
def reader(facts: System) -> SiteReader:
    """One reader for all."""
    return SiteReader(facts)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file of a test stands."""
    return tmp_path / "one.toml"


def read(reader: SiteReader, path: Path, content: str | bytes) -> Deployment | tuple[Fault, ...]:
    """What comes of a file with that content, by file and, where it is text, by text too; both have to agree."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        found: Deployment | tuple[Fault, ...] = reader.read(path).deployment
    except SiteError as error:
        found = checked(error, path)
    if isinstance(content, str):
        try:
            again: Deployment | tuple[Fault, ...] = reader.parse(content, path.stem, str(path)).deployment
        except SiteError as error:
            again = checked(error, path)
        assert again == found
    return found


def checked(error: SiteError, path: Path) -> tuple[Fault, ...]:
    """The faults of an error, each one line that begins with the path, has it once, and can be printed."""
    assert error.faults
    for fault in error.faults:
        text = str(fault)
        assert text.startswith(f"{path}: ")
        assert text.count(str(path)) == 1
        assert text.isprintable(), text
        assert len(text) - len(str(path)) < LONGEST, text
    assert str(error).splitlines() == [str(fault) for fault in error.faults]
    return error.faults


def refused(reader: SiteReader, path: Path, content: str | bytes) -> list[str]:
    """The places that are told, without the path; a deployment would be a mistake."""
    found = read(reader, path, content)
    assert not isinstance(found, Deployment), found
    return [str(fault).removeprefix(f"{path}: ") for fault in found]


# Hosts


@pytest.mark.parametrize(
    ("given", "kept", "kind"),
    [
        ("a", "a", HostKind.NAME),
        ("fade", "fade", HostKind.NAME),
        ("srv-01", "srv-01", HostKind.NAME),
        ("SRV-01.Corp.Example", "srv-01.corp.example", HostKind.NAME),
        ("cp.corp.example.", "cp.corp.example", HostKind.NAME),
        ("srv_01.corp.example", "srv_01.corp.example", HostKind.NAME),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", HostKind.NAME),
        ("1and1.example", "1and1.example", HostKind.NAME),
        ("a" * 63, "a" * 63, HostKind.NAME),
        (LONG_NAME, LONG_NAME, HostKind.NAME),
        (LONG_NAME + ".", LONG_NAME, HostKind.NAME),
        ("10.0.1.5", "10.0.1.5", HostKind.ADDRESS),
        ("2001:DB8:0:0:0:0:0:5", "2001:db8::5", HostKind.ADDRESS),
        ("fade::", "fade::", HostKind.ADDRESS),
        ("10.0.0.0/24", "10.0.0.0/24", HostKind.NETWORK),
        ("10.0.1.5/32", "10.0.1.5/32", HostKind.NETWORK),
        ("2001:DB8::/32", "2001:db8::/32", HostKind.NETWORK),
        ("any", "any", HostKind.ANY),
        ("ANY", "any", HostKind.ANY),
    ],
)
def test_a_host_is_kept_in_its_usual_form(
    reader: SiteReader, path: Path, given: str, kept: str, kind: HostKind
) -> None:
    for hosts in (given, [given]):
        found = read(reader, path, site_text({"cmg": hosts}))
        assert isinstance(found, Deployment), found
        assert [(host.text, host.kind) for host in found.at("cmg")] == [(kept, kind)]


@pytest.mark.parametrize(
    "given",
    [
        *("", " ", " a", "a ", "a b", "a\tb", "a\nb", "a\n", "\na", "a\r\nb", "a\x00b", "a\x1b[31mb", "a\u2028b"),
        *("<b>x</b>", "=cmd|x", "=1+1", "+a", "@a", "-a", "a-", "a,b", "a;b", "a'b", 'a"b', "$(x)", "`x`", "a\\b"),
        *("x" * 64, "x" * 300, LONG_NAME + "e", ("x" * 60 + ".") * 5, "x" * 100_000),
        *(
            ".",
            "..",
            ".a",
            "a..b",
            "a..",
            "*.corp.example",
            "any.",
            "any/0",
            "bücher.example",
            "ü" * 300,
            "例え。テスト",
        ),
        *("https://cp.corp.example/", "cp.corp.example/", "cp.corp.example:443", "a:", ":443", "443", "8531"),
        *("10.0.1.5:443", "010.0.1.5", "10.0.1.05", "10.0.1", "10.0.1.256", "10.0.1.5.", "1.2.3.4.5", "10.0.1.-5"),
        *(
            "10.0.1.0x5",
            "0x7f000001",
            "a.0x",
            "a.1",
            "10.0.1.5-10.0.1.9",
            "10.0.1.5–9",
            "10.0.1.*",
            "٣.٠.٠.١",
            "１０.0.1.5",
        ),
        *(
            "10.0.1.5/24",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/",
            "/24",
            "10.0.0.0/24/8",
            "10.0.0.0 /24",
            "10.0.0.0/255.255.255.0",
        ),
        *("[2001:db8::5]", "[2001:db8::5]:443", "2001:db8::5::", "2001:db8::g", "2001:db8::5/32", "::/129"),
        *("fe80::1%eth0", "fe80::1%", "fe80::%eth0/64", "fe80::1%eth0/128"),
    ],
    ids=ascii,
)
def test_what_is_no_host_is_refused_in_one_line_that_names_its_place(
    reader: SiteReader, path: Path, given: str
) -> None:
    (alone,) = refused(reader, path, site_text({"cmg": given}))
    assert alone.startswith("hosts.cmg: found ")
    assert re.search("; (allowed|leave|name|write|did you mean|a host has|patterns|ranges|a zone)", alone)
    (second,) = refused(reader, path, site_text({"cmg": ["cmg.corp.example", given]}))
    assert second.startswith("hosts.cmg[1]: found ")


def test_a_name_in_other_letters_is_told_its_name_in_dns(reader: SiteReader, path: Path) -> None:
    (told,) = refused(reader, path, site_text({"cmg": "bücher.example"}))
    assert "xn--bcher-kva.example" in told


@pytest.mark.parametrize(
    "twice",
    [
        ["a", "a"],
        ["cp.corp.example", "CP.corp.example."],
        ["10.0.1.5", "10.0.1.6", "10.0.1.5"],
        ["2001:db8::5", "2001:db8:0::5"],
        ["10.0.0.0/24", "10.0.0.0/24"],
        ["any", "Any"],
    ],
    ids=str,
)
def test_a_host_that_stands_twice_in_a_role_is_refused(reader: SiteReader, path: Path, twice: list[str]) -> None:
    (told,) = refused(reader, path, site_text({"connection-point": twice}))
    assert re.match(rf"hosts\.connection-point\[{len(twice) - 1}\]: .* is listed twice$", told)


def test_a_host_may_stand_in_two_roles(reader: SiteReader, path: Path) -> None:
    found = read(reader, path, site_text({"cmg": "a", "management-point": "b", "software-update-point": "b"}))
    assert isinstance(found, Deployment)


def test_twenty_thousand_hosts_are_read(reader: SiteReader, path: Path) -> None:
    text = site_text({"cmg": [f"10.{i // 65536}.{i // 256 % 256}.{i % 256}" for i in range(20_000)]})
    assert isinstance(read(reader, path, text), Deployment)


@pytest.mark.parametrize(
    "role",
    ["gateway", "CMG", "connection_point", "", "a\nb", "a\x1b[31mb", "<b>x</b>", "x" * 10_000, "hosts", "cmg."],
    ids=lambda text: ascii(text[:20]),
)
def test_a_role_that_there_is_not_is_refused(reader: SiteReader, path: Path, role: str) -> None:
    (told,) = refused(reader, path, f'[hosts]\n{written(role)} = "a"\n')
    assert told.startswith("hosts.")
    assert "no such role" in told


def test_a_role_nearly_named_is_told_the_right_name(reader: SiteReader, path: Path) -> None:
    (told,) = refused(reader, path, site_text({"conection-point": "a"}))
    assert told == "hosts.conection-point: no such role; did you mean 'connection-point'?"


# Ports


@pytest.mark.parametrize(
    "given",
    ["0", "1", "70000", "-1", "444", '"443-80"', '"443–80"', '"8531"', '"0"', '""', "8531.0", "true", "[8531]", "0x0"],
)
def test_a_port_that_no_update_point_has_is_refused(reader: SiteReader, path: Path, given: str) -> None:
    (told,) = refused(reader, path, f"software-update-point = {given}\n{site_text(HOSTS)}")
    assert told.startswith("software-update-point: found ")
    assert all(port in told for port in ("80", "443", "8530", "8531")) or "without quotes" in told


def test_a_port_in_another_notation_is_the_same_port(reader: SiteReader, path: Path) -> None:
    for given in ("8_531", "0x2153", "+8531"):
        found = read(reader, path, f"software-update-point = {given}\n{site_text(HOSTS)}")
        assert isinstance(found, Deployment)
        assert found.setup.update_port == 8531


@pytest.mark.parametrize("given", ["443-80", "443–80", "8531,", "0443", "", "8531 8530"])
def test_a_port_that_is_no_toml_is_told_with_its_line(reader: SiteReader, path: Path, given: str) -> None:
    (told,) = refused(reader, path, f"instances = 3\nsoftware-update-point = {given}\n{site_text(HOSTS)}")
    assert "TOML" in told
    assert "line 2" in told


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [
        ("proxy.corp.example:8080", "proxy.corp.example", 8080),
        ("PROXY.corp.example.:1", "proxy.corp.example", 1),
        ("10.0.1.9:65535", "10.0.1.9", 65535),
        ("[2001:DB8::9]:3128", "2001:db8::9", 3128),
    ],
)
def test_a_proxy_is_a_host_and_a_port(reader: SiteReader, path: Path, given: str, host: str, port: int) -> None:
    found = read(reader, path, site_text(HOSTS, proxy=given))
    assert isinstance(found, Deployment)
    assert found.proxy is not None
    assert (found.proxy.host.text, found.proxy.port) == (host, port)


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            ":",
            "p",
            "p:",
            ":80",
            "p:0",
            "p:70000",
            "p:65536",
            "p:-1",
            "p:+80",
            "p: 80",
            "p:80 ",
            "p:0x50",
            "p:80\n",
        ),
        *("p:443-80", "p:443–80", "p:８０", "p:٨٠", "p:8_0", "p:http", "p:" + "9" * 5000, "p:000000001" + "0" * 5000),
        *("p:00000000180000", "p:0000000018000000", "any:80", "10.0.0.0/8:80", "http://p:80", "u:s@p:80", "u@p:80"),
        *("2001:db8::9", "2001:db8::1:80", "[2001:db8::9]", "[2001:db8::9:80", "2001:db8::9]:80", "[fe80::1%eth0]:80"),
        *("[p]:80", "[]:80", "<b>x</b>:80", "=cmd|x:80", "x" * 300 + ":80", "a\nb:80", "bücher.example:80"),
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_what_is_no_proxy_is_refused(reader: SiteReader, path: Path, given: str) -> None:
    (told,) = refused(reader, path, site_text(HOSTS, proxy=given))
    assert told.startswith("proxy: found ")


# Keys and types

# Values that no key takes, but for the pairs in RIGHT
WRONG = {
    "true": "true",
    "a number": "99999",
    "a negative number": "-1",
    "a number of 5,000 hexadecimal digits": "0x" + "F" * 5000,
    "a fraction": "1.5",
    "not a number": "nan",
    "endless": "inf",
    "text": '"x y"',
    "empty text": '""',
    "long text": '"' + "x" * 100_000 + '"',
    "text with line ends": '"a\\nb\\r\\u0085\\u2028"',
    "text with control characters": '"\\u001b[31m\\u0000"',
    "markup": '"<b>x</b>"',
    "a formula": '"=cmd|x"',
    "a date": "2020-11-30",
    "a time": "2020-11-30T10:00:00Z",
    "an empty list": "[]",
    "a list of a number": "[99999]",
    "a list of a huge number": "[0x" + "F" * 5000 + "]",
    "a list of lists": '[["entra"], [[]]]',
    "a list of tables": "[{ a = 1 }]",
    "a deep list": "[" * 40 + "]" * 40,
    "a table": "{}",
    "nested tables": "{ a = { b = { c = 1 } } }",
}
RIGHT = {("content", "true"), ("uses", "an empty list")}
KEYS = (
    *("configmgr", "cloud", "method", "instances", "content", "management-point", "software-update-point"),
    *("client-authentication", "uses", "proxy"),
)


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("key", KEYS)
def test_a_value_of_a_wrong_type_is_refused_and_its_key_named(
    reader: SiteReader, path: Path, key: str, value: str
) -> None:
    text = f"{key} = {WRONG[value]}\n{site_text(HOSTS)}"
    if (key, value) in RIGHT:
        assert isinstance(read(reader, path, text), Deployment)
        return
    told = refused(reader, path, text)
    assert told
    assert all(re.match(rf"{key}(\[\d+\])?: found ", line) for line in told), told


@pytest.mark.parametrize("value", [value for value in WRONG if value != "a deep list"])
def test_a_value_of_a_wrong_type_for_hosts_is_refused(reader: SiteReader, path: Path, value: str) -> None:
    told = refused(reader, path, f"[hosts]\ncmg = {WRONG[value]}\n")
    assert told[0].startswith(("hosts.cmg: found ", "hosts.cmg[0]: found "))
    if value != "a table":  # which names no host, as an empty [hosts] does
        (told_of_all,) = refused(reader, path, f"hosts = {WRONG[value]}\n")
        assert told_of_all.startswith(("hosts: found ", "hosts.a: no such role"))


@pytest.mark.parametrize("key", [*KEYS, "hosts", "hosts.cmg", "hosts.x", "x"])
def test_a_table_of_thousands_of_levels_is_refused(reader: SiteReader, path: Path, key: str) -> None:
    told = refused(reader, path, f"{key}{'.a' * 2000} = 1\n")
    assert any(line.startswith(key) or "TOML" in line for line in told)


@pytest.mark.parametrize("key", [*KEYS, "hosts.cmg", "x"])
def test_a_number_of_five_thousand_digits_is_refused(reader: SiteReader, path: Path, key: str) -> None:
    (told,) = refused(reader, path, f"{key} = {'1' * 5000}\n")
    assert told.startswith(key) or "TOML" in told


@pytest.mark.parametrize("depth", [100, 1000, 100_000])
def test_lists_in_lists_are_refused(reader: SiteReader, path: Path, depth: int) -> None:
    (told, *_) = refused(reader, path, f"instances = {'[' * depth}{']' * depth}\n{site_text(HOSTS)}")
    assert told.startswith("instances: found ") or "TOML" in told


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("instance", "instances"),
        ("Instances", "instances"),
        ("management_point", "management-point"),
        ("software-update-pont", "software-update-point"),
        ("proxi", "proxy"),
        ("host", "hosts"),
    ],
)
def test_an_unknown_key_is_told_the_one_that_was_meant(reader: SiteReader, path: Path, given: str, meant: str) -> None:
    assert refused(reader, path, f"{given} = 1\n{site_text(HOSTS)}") == [
        f"{given}: no such key; did you mean {meant!r}?"
    ]


@pytest.mark.parametrize(
    "key",
    ["", " ", "a\nb", "a\r", "a\x1b[31mb", "a\u2028b", "<b>x</b>", "=cmd|x", "x" * 10_000],
    ids=lambda k: ascii(k[:9]),
)
def test_an_unknown_key_of_odd_letters_is_one_line(reader: SiteReader, path: Path, key: str) -> None:
    (told,) = refused(reader, path, f"{written(key)} = 1\n{site_text(HOSTS)}")
    assert "no such key" in told
    assert not told.startswith(": ")


def test_values_are_told_how_to_write_them(reader: SiteReader, path: Path) -> None:
    assert refused(reader, path, f"configmgr = 2509\n{site_text(HOSTS)}")[0].endswith('write it in quotes: "2509"')
    assert refused(reader, path, f'method = "vms"\n{site_text(HOSTS)}')[0].endswith("did you mean 'vmss'?")
    (told,) = refused(reader, path, f'client-authentication = ["entra", "entra"]\n{site_text(HOSTS)}')
    assert told.startswith("client-authentication[1]: ")


# All at once


def test_a_file_with_five_faults_tells_five(reader: SiteReader, path: Path) -> None:
    text = (
        'configmgr = 2509\ninstances = 17\ncontents = true\nproxy = "p"\n'
        '[hosts]\ncmg = ["a", "10.0.1.5/24"]\nconnection-point = "b"\n'
    )
    places = [line.partition(": ")[0] for line in refused(reader, path, text)]
    assert sorted(places) == ["configmgr", "contents", "hosts.cmg[1]", "instances", "proxy"]


def test_a_file_with_a_fault_in_every_key_tells_them_all(reader: SiteReader, path: Path) -> None:
    text = "".join(f"{key} = 1.5\n" for key in KEYS) + "[hosts]\ncmg = 1.5\nconnection-point = 1.5\nother = 1.5\n"
    places = {line.partition(": ")[0] for line in refused(reader, path, text)}
    assert places == {*KEYS, "hosts.cmg", "hosts.connection-point", "hosts.other"}


def test_what_cannot_be_is_told_together_with_other_faults(reader: SiteReader, path: Path) -> None:
    # Five: two in one value each, two that contradict the version, and the proxy that classic cannot have
    text = site_text(
        {"cmg": "<b>x</b>"},
        configmgr="2403",
        method="classic",
        management_point="http",
        instances=17,
        proxy="proxy.corp.example:8080",
    )
    places = [line.partition(": ")[0] for line in refused(reader, path, text)]
    assert sorted(places) == ["hosts.cmg", "instances", "management-point", "method", "proxy"]


def test_a_key_is_told_once_where_it_is_wrong_and_could_not_be(reader: SiteReader, path: Path) -> None:
    text = site_text(HOSTS, configmgr="1802", method="classic", content="yes", instances=0)
    places = [line.partition(": ")[0] for line in refused(reader, path, text)]
    assert sorted(places) == ["content", "instances"]


# Files


@pytest.mark.parametrize(
    "text",
    [
        *("instances = ", "= 3", "instances", "instances == 3", "instances = 3 3", "[hosts", "[hosts]]", "[[hosts]]x"),
        *("instances = 3\ninstances = 4", "[hosts]\n[hosts]", 'a = "', "a = 'x\n'", 'a = """', "a = {", "a = [1,"),
        *(
            "a = 2021-02-30",
            "a = 25:00:00",
            "a = 0x",
            "a = 1__0",
            "a = \\",
            "\x00",
            "a = '\x07'",
            "a\rb = 1",
            "\ufeffé = 1",
        ),
        *('a = "\\ud800"', 'a = "\\x"', "hosts = 1\nhosts.cmg = 2", "a.b = 1\na = 2", "<b>x</b>", "=cmd|x", "{}", "[]"),
    ],
    ids=ascii,
)
def test_what_is_no_toml_is_told_with_the_reason(reader: SiteReader, path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    with pytest.raises(SiteError) as error:
        reader.read(path)
    (fault,) = checked(error.value, path)
    assert "TOML" in str(fault)


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "\ufeff", "[hosts]\n#\n"], ids=ascii)
def test_an_empty_file_is_told_what_is_missing_or_read_without_hosts(reader: SiteReader, path: Path, text: str) -> None:
    path.write_bytes(text.encode())
    if "[hosts]" in text:
        assert reader.read(path).deployment.hosts == ()
        return
    with pytest.raises(SiteError) as error:
        reader.read(path)
    (fault,) = checked(error.value, path)
    assert str(fault).startswith(f"{path}: hosts: missing")


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)),
        b"\x7fELF\x02\x01\x01" + b"\x00" * 200,
        b"PK\x03\x04" + b"\xff" * 100,
        b"\x89PNG\r\n\x1a\n\x00",
        "instances = 3\n[hosts]\ncmg = 'a'\n".encode("utf-16"),
        "# Größe\n[hosts]\ncmg = 'a'\n".encode("latin-1"),
        b"\x00" * 1000,
    ],
    ids=["all bytes", "program", "archive", "picture", "UTF-16", "Latin-1", "zeros"],
)
def test_a_binary_file_is_refused(reader: SiteReader, path: Path, content: bytes) -> None:
    (told,) = refused(reader, path, content)
    assert "UTF-8" in told or "TOML" in told


def test_a_directory_is_refused_in_one_sentence(reader: SiteReader, tmp_path: Path) -> None:
    with pytest.raises(SiteError) as error:
        reader.read(tmp_path)
    (fault,) = checked(error.value, tmp_path)
    assert "folder" in fault.what


@pytest.mark.parametrize("name", ["none.toml", "none/none.toml", "x" * 5000], ids=lambda name: name[:9])
def test_a_missing_file_is_refused(reader: SiteReader, tmp_path: Path, name: str) -> None:
    with pytest.raises(SiteError) as error:
        reader.read(tmp_path / name)
    (fault,) = error.value.faults
    assert str(fault).startswith(f"{tmp_path / name}: ")


@pytest.mark.parametrize("filler", ["#\n", "# long comment line\n"])
def test_a_file_of_two_megabytes_is_refused(reader: SiteReader, path: Path, filler: str) -> None:
    text = site_text(HOSTS) + filler * (2_000_000 // len(filler))
    path.write_text(text)
    with pytest.raises(SiteError) as error:
        reader.read(path)
    (fault,) = checked(error.value, path)
    assert "bytes" in fault.what


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_byte_order_mark_and_line_ends_change_nothing(reader: SiteReader, path: Path, start: bytes, end: bytes) -> None:
    text = site_text({"cmg": "a", "connection-point": ["b", "10.0.1.5"]}, instances=3, content=False)
    path.write_bytes(start + text.encode().replace(b"\n", end))
    assert reader.read(path).deployment == reader.parse(text, "one").deployment


def test_a_site_has_the_name_of_its_file(reader: SiteReader, path: Path) -> None:
    found = read(reader, path, site_text(HOSTS))
    assert isinstance(found, Deployment)
    assert found.name == "one"
