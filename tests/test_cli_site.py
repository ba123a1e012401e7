"""The commands for a deployment, as a user meets them: processes, files, exit codes, both streams."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from forked import command

EXAMPLES = Path(__file__).parents[1] / "examples"
SITE = """
configmgr = "2509"
instances = 3

[hosts]
cmg = "contoso.westeurope.cloudapp.azure.com"
connection-point = ["10.0.1.5", "cp2.corp.example"]
service-connection-point = "10.0.1.4"
site-server = "10.0.1.4"
management-point = "10.0.1.6"
software-update-point = "10.0.1.7"
console = "10.0.2.0/24"
"""


run = command


def done(*words: str) -> str:
    result = run(*words)
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return result.stdout


@pytest.fixture
def site(tmp_path: Path) -> str:
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return str(path)


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_plan_prints_the_connections_and_what_else_is_needed(site: str) -> None:
    text = done("plan", site)
    assert "10124-10126" in text
    assert "10139" not in text
    for title in ("Names that each role must reach", "Certificates", "Sizes", "Not needed here"):
        assert title in text


def test_plan_in_json_has_rows_with_numbers(site: str) -> None:
    rows = {row["flow"]: row for row in json.loads(done("plan", site, "--format", "json"))["rows"]}
    assert rows["F06"]["ports"] == [[10124, 10126]]
    assert rows["F06"]["in_table"]
    assert not rows["F17"]["in_table"]
    assert rows["F17"]["inferred"]


def test_plan_of_an_edition_has_its_rows_in_its_order(site: str) -> None:
    data = json.loads(done("plan", site, "--edition", "2020-11-30", "--format", "json"))
    assert [row["flow"] for row in data["rows"]] == ["F01", "F06", "F07", "F11", "F09", "F10"]


@pytest.mark.parametrize("ending", ["csv", "md", "json", "html", "txt", "xlsx"])
def test_the_ending_of_the_file_says_the_form_of_a_plan(site: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"plan.{ending}"
    done("plan", site, "-o", str(path))
    start = {"csv": b"flow,", "md": b"# Plan", "json": b"{", "html": b"<!doctype", "txt": b"Plan", "xlsx": b"PK"}
    assert path.read_bytes().startswith(start[ending])


def test_plan_host_by_host_names_each_host(site: str) -> None:
    rows = list(csv.DictReader(io.StringIO(done("plan", site, "--per-host", "--format", "csv"))))
    assert {row["host"] for row in rows} == {*re.findall('"([^" ]+[.][^" ]+)"', SITE)}
    assert {row["way"] for row in rows} == {"leaves", "reaches it"}


def test_doubts_are_warnings_beside_the_result(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", 'proxy = "p.example:8080"\n' + SITE)
    result = run("plan", path, "--format", "csv")
    assert result.returncode == 0
    assert result.stdout.startswith("flow,")
    assert re.fullmatch(r"cmgdocs: warning: .*: proxy: no current source says that the channel .*\n", result.stderr)


@pytest.mark.parametrize("words", [("plan",), ("rules", "--dialect", "markdown"), ("plan", "--format", "html")])
def test_roles_without_hosts_are_named_with_the_request_and_beside_it(words: tuple[str, ...], tmp_path: Path) -> None:
    hosts = SITE.replace("management-point", "# management-point").replace("console", "# console")
    result = run(*words, write(tmp_path / "a.toml", hosts))
    said = "hosts: none given for management-point, console; plan and requests show — in their place"
    assert result.stderr.endswith(f"a.toml: {said}\n")
    assert said in " ".join(result.stdout.split()) or words == ("plan",)  # the terminal shows both


def test_a_folder_of_sites_is_one_request(tmp_path: Path) -> None:
    for name in ("north", "south"):
        write(tmp_path / f"{name}.toml", SITE)
    rows = list(csv.DictReader(io.StringIO(done("plan", str(tmp_path), "--format", "csv"))))
    assert {row["site"] for row in rows} == {"north", "south"}
    names = [str(tmp_path / f"{name}.toml") for name in ("north", "south")]
    assert list(csv.DictReader(io.StringIO(done("plan", *names, "--format", "csv")))) == rows
    merged = list(csv.DictReader(io.StringIO(done("rules", *names, "--dialect", "csv"))))
    assert {row["sites"] for row in merged} == {"north, south"}
    assert "north, south" in done("plan", *names)
    assert len(json.loads(done("plan", *names, "--format", "json"))["sites"]) == 2


def test_a_bad_site_among_good_ones_leaves_no_file(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", SITE)
    write(tmp_path / "b.toml", "instances = 17\n" + SITE.replace("instances = 3", ""))
    out = tmp_path / "out.csv"
    for words in (["plan", str(tmp_path), "-o", str(out)], ["plan", str(tmp_path), "--format", "csv"]):
        result = run(*words)
        assert (result.returncode, result.stdout) == (2, "")
        assert "b.toml: instances: found 17; allowed: 1 to 16" in result.stderr
    assert not out.exists()


def test_diff_tells_what_to_open_and_to_close(tmp_path: Path) -> None:
    one = write(tmp_path / "one.toml", SITE.replace("instances = 3", "instances = 1"))
    two = write(tmp_path / "two.toml", SITE.replace("instances = 3", "instances = 2"))
    data = json.loads(done("diff", one, two, "--format", "json"))
    assert [item["ports"] for item in data["open"]] == [[[10124, 10125]]]
    assert [item["ports"] for item in data["close"]] == [[[443, 443]]]
    assert "open" in done("diff", one, two)
    assert done("diff", one, two, "--format", "markdown").startswith("| What to do |")


def test_a_doubt_of_both_sides_of_a_diff_is_one_line(tmp_path: Path) -> None:
    lines = SITE.replace("console", "# console"), SITE.replace("console", "# console").replace("cmg =", "# cmg =")
    one, two = (write(tmp_path / name, text) for name, text in zip(("one.toml", "two.toml"), lines, strict=True))
    both, alone = run("diff", one, two).stderr.splitlines()
    assert both.startswith(f"cmgdocs: warning: {one} and 1 more: hosts: none given for console")
    assert alone.startswith(f"cmgdocs: warning: {two}: hosts.cmg: missing")
    (same,) = run("diff", one, "--edition", "2020-11-30", "--edition", "2026").stderr.splitlines()
    assert same.startswith(f"cmgdocs: warning: {one}: hosts: none given")


def test_diff_of_editions_needs_no_site_or_takes_one(site: str) -> None:
    editions = ("--edition", "2020-11-30", "--edition", "2026")
    assert "F12" in done("diff", *editions)
    data = json.loads(done("diff", site, *editions, "--format", "json"))
    assert [item["flows"] for item in data["open"]] == [["F12"]]


@pytest.mark.parametrize("view", ["data-flow", "perimeter", "ladder", "content", "authentication"])
def test_a_diagram_takes_a_site(site: str, view: str) -> None:
    assert done("diagram", view, "--site", site).startswith("digraph")


@pytest.mark.parametrize(
    ("name", "dialect", "start"),
    [("a.xlsx", "xlsx", b"PK"), ("a.csv", "csv", b"from-zone"), ("a.ps1", "windows-firewall", b"#")],
)
def test_the_ending_names_the_dialect_that_alone_has_it(name: str, dialect: str, start: bytes, tmp_path: Path) -> None:
    result = run("rules", str(EXAMPLES / "by-address.toml"), "-o", str(tmp_path / name))
    assert result.stderr.startswith(f"cmgdocs: dialect {dialect}, by the ending {name[1:]}\n")
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("rules", "--dialect", "csv", "-o", "a.xlsx"), ".csv"),
        (("rules", "--dialect", "xlsx", "-o", "a.csv"), ".xlsx"),
        (("rules", "--dialect", "xlsx", "-o", "a.txt"), ".xlsx"),
        (("plan", "--format", "json", "-o", "a.csv"), ".json"),
        (("what-if", "--format", "png", "-o", "a.svg"), ".png"),
    ],
)
def test_no_file_ends_otherwise_than_its_content(words: tuple[str, ...], allowed: str, site: str) -> None:
    result = run(words[0], site, *words[1:])
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"cmgdocs: {words[-1]}: its ending is not that of {words[2]}; allowed: {allowed}\n"


def test_text_may_go_into_a_file_of_any_other_ending(site: str, tmp_path: Path) -> None:
    for name in ("a", "a.txt", "a.log"):
        done("plan", site, "--format", "csv", "-o", str(tmp_path / name))
        assert (tmp_path / name).read_text().startswith("flow,")


def test_standard_input_is_a_site_file(site: str) -> None:
    made = run("plan", "-", "--format", "json", stdin=SITE)
    alone = json.loads(done("plan", site, "--format", "json"))
    assert json.loads(made.stdout) == alone | {"site": "standard-input"}
    assert "standard input can be read once" in run("diff", "-", "-", stdin=SITE).stderr
    wrong = run("plan", "-", stdin="instances = 17\n[hosts]\n")
    assert wrong.stderr == "cmgdocs: standard-input: instances: found 17; allowed: 1 to 16\n"


def test_a_file_is_one_site_whatever_leads_to_it(site: str, tmp_path: Path) -> None:
    (tmp_path / "link.toml").symlink_to(site)
    (tmp_path / "hard.toml").hardlink_to(site)
    others = [str(tmp_path / name) for name in ("link.toml", "hard.toml", f"../{tmp_path.name}/site.toml")]
    assert done("plan", site, *others) == done("plan", site)


def test_sites_of_one_name_have_their_folders_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path, tmp_path / "a" / "x", tmp_path / "b" / "x"):
        folder.mkdir(exist_ok=True, parents=True)
        write(folder / "site.toml", SITE)
    monkeypatch.chdir(tmp_path)
    text = done("plan", "site.toml", "a/x/site.toml", "b/x/site.toml", "--format", "csv")
    names = {row["site"] for row in csv.DictReader(io.StringIO(text))}
    assert names == {f"{tmp_path.name}/site", "a/x/site", "b/x/site"}


def test_diff_may_answer_by_its_exit_code(site: str, tmp_path: Path) -> None:
    other = write(tmp_path / "other.toml", SITE.replace("instances = 3", "instances = 2"))
    assert run("diff", site, other).returncode == 0
    assert run("diff", site, other, "--exit-code").returncode == 1
    assert run("diff", site, site, "--exit-code").returncode == 0
    assert run("diff", "--edition", "2020-11-30", "--edition", "2026", "--exit-code").returncode == 1
    assert run("diff", "--edition", "2026", "--edition", "2026", "--exit-code").returncode == 0


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs what refuses everybody, root too")
def test_what_the_system_refuses_is_exit_code_3(site: str) -> None:
    for words, said in (
        ((site, "-o", "/proc/self/a.csv"), "/proc/self/a.csv: cannot be written: "),
        (("/proc/self/mem",), "/proc/self/mem: cannot be read: "),
    ):
        result = run("plan", *words)
        assert (result.returncode, result.stdout) == (3, "")
        assert result.stderr.startswith(f"cmgdocs: {said}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root needs no permission")
def test_missing_permission_is_exit_code_3(site: str, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    for words in (["closed"], ["closed/site.toml"], [site, "-o", "closed/a.csv"]):
        result = run("plan", *(str(tmp_path / word) if "closed" in word else word for word in words))
        assert (result.returncode, result.stdout) == (3, "")
        assert result.stderr.endswith(": Permission denied\n")


MIXED = """
[hosts]
cmg = "203.0.113.10"
connection-point = ["10.0.1.5", "2001:db8::5"]
service-connection-point = "10.0.1.6"
site-server = "10.0.1.7"
management-point = "10.0.1.8"
software-update-point = "10.0.1.9"
site-database = "10.0.1.10"
console = "10.0.2.0/24"
azure = "198.51.100.1"
blob-storage = "198.51.100.2"
table-storage = "198.51.100.3"
key-vault = "198.51.100.4"
entra = "198.51.100.5"
graph = "198.51.100.6"
microsoft-crl = "198.51.100.7"
"""


def test_a_host_that_is_left_out_is_named_with_all_its_rules(tmp_path: Path) -> None:
    result = run("rules", write(tmp_path / "site.toml", MIXED), "--dialect", "nftables")
    assert result.returncode == 0
    lines = [line for line in result.stderr.splitlines() if "left out" in line]
    assert lines == [
        "cmgdocs: warning: F05, F09, F10, F17, F18, F19, F22-back, F22-back-udp, F29, F33: "
        "the source 2001:db8::5 is left out; the other end has no IPv6",
        "cmgdocs: warning: F22, F22-udp: the destination 2001:db8::5 is left out; the other end has no IPv6",
    ]


def test_rules_are_taken_out_by_names_or_the_file_says_how(tmp_path: Path) -> None:
    path = write(tmp_path / "site.toml", MIXED)
    text = run("rules", path, "--dialect", "palo-alto", "--remove").stdout
    assert "delete rulebase security rules cmg-site_F05\n" in text
    assert "\nset " not in text
    result = run("rules", path, "--dialect", "nftables", "--remove")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--remove: nftables needs none; the first lines of its rules say how" in result.stderr
    assert "nft delete table inet cmgdocs" in run("rules", path, "--dialect", "nftables").stdout


def test_no_line_of_a_merged_request_has_the_id_of_another(tmp_path: Path) -> None:
    other = SITE.replace("instances = 3", "instances = 2").replace("contoso", "fabrikam")
    paths = [write(tmp_path / f"{name}.toml", text) for name, text in (("a", SITE), ("b", SITE), ("c", other))]
    rows = list(csv.DictReader(io.StringIO(run("rules", *paths, "--dialect", "csv").stdout)))
    ids = [row["rule"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert {"a F06", "c F06", "F01"} <= set(ids)
    assert [row["sites"] for row in rows if row["rule"] == "a F06"] == ["a, b"]


def test_a_port_that_no_source_states_is_not_read_as_part_of_the_protocol(tmp_path: Path) -> None:
    text = done("plan", write(tmp_path / "site.toml", SITE))
    assert "HTTPS not stated" not in text


def test_dialects_are_listed_with_how_they_were_tested() -> None:
    text = done("dialects")
    assert "xlsx" in text
    assert "read back in the tests" in text


NO_HOSTS = "hosts: missing; it has no default"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", NO_HOSTS),
        ("[hosts", "not valid TOML"),
        ("instances = 17\n[hosts]\n", "instances: found 17; allowed: 1 to 16"),
        ("software-update-point = 70000\n[hosts]\n", "found 70000; allowed: 80, 443, 8530, 8531"),
        ('software-update-point = "443-80"\n[hosts]\n', "software-update-point: found '443-80'; allowed: 80, 443"),
        ('software-update-point = "8530–8531"\n[hosts]\n', "software-update-point: found '8530–8531'"),
        ('method = "clasic"\n[hosts]\n', "method: found 'clasic'; did you mean 'classic'?"),
        ("instnaces = 3\n[hosts]\n", "instnaces: no such key; did you mean 'instances'?"),
        ('method = "classic"\n[hosts]\n', "method: classic does not run from version 2403 on"),
        ('[hosts]\ncmg = "<b>x</b>"\n', "hosts.cmg: found '<b>x</b>'"),
        ('[hosts]\ncmg = "=cmd|x"\n', "hosts.cmg: found '=cmd|x'"),
        ('[hosts]\ncmg = "fe80::1%eth0"\n', "a zone (%) has a meaning on one machine only"),
        ('[hosts]\ncmg = ["a", "A."]\n', "hosts.cmg[1]: a is listed twice"),
        (f'[hosts]\ncmg = "{"x" * 300}"\n', "found a name of 300 characters"),
        ('[hosts]\nconection-point = "a"\n', "no such role; did you mean 'connection-point'"),
    ],
)
def test_a_wrong_site_file_is_one_clear_error(text: str, part: str, tmp_path: Path) -> None:
    path = write(tmp_path / "site.toml", text)
    result = run("plan", path)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{path}: " in result.stderr
    assert part in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["plan"], "plan: the following arguments are required: SITE.toml"),
        (["plan", "nowhere.toml"], "nowhere.toml: cannot be read: No such file or directory"),
        (["plan", "SITE", "--edition", "2021"], "no edition '2021'; did you mean "),
        (["plan", "SITE", "-o", "x.gif"], "no form of table '.gif'"),
        (["rules", "SITE"], "rules: --dialect is missing; 'cmgdocs dialects' lists all"),
        (["rules", "SITE", "--dialect", "nft"], "no dialect 'nft'"),
        (["diff", "SITE"], "diff: found one site file and no editions; allowed: two files"),
        (["diff", "SITE", "SITE", "SITE"], "diff: found three site files"),
        (["diff", "SITE", "SITE", "--edition", "2026"], "diff: found two site files and one edition"),
        (["rules", "SITE", "-o", "a.conf"], "rules: --dialect is missing; files of squid, fortigate end in .conf"),
        (["plan", "SITE", "--per-host", "FOLDER"], "--per-host: takes one site"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_error(words: list[str], part: str, site: str) -> None:
    given = [{"SITE": site, "FOLDER": str(Path(site).parent)}.get(word, word) for word in words]
    result = run(*given)
    assert (result.returncode, result.stdout) == (2, "")
    assert part in result.stderr
    assert "Traceback" not in result.stderr


def test_a_view_of_content_says_that_a_site_has_none(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", "content = false\n" + SITE)
    result = run("diagram", "content", "--site", path)
    assert result.returncode == 2
    assert result.stderr == f"cmgdocs: {path}: content: is false; there is nothing to show as content\n"


def test_binary_and_huge_files_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "b.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    assert "line 1: is not text in UTF-8" in run("plan", str(binary)).stderr
    huge = tmp_path / "h.toml"
    huge.write_bytes(b"#" * 2_000_000)
    assert "has more than 1,000,000 bytes" in run("plan", str(huge)).stderr


@pytest.mark.parametrize(
    "words",
    [
        ("rules", "{site}", "--dialect", "csv", "-o", "{site}"),
        ("rules", "{site}", "--dialect", "csv", "-o", "{link}"),
        ("plan", "{site}", "--format", "csv", "-o", "{site}"),
        ("plan", "{folder}", "--format", "csv", "-o", "{site}"),
        ("diff", "{site}", "{other}", "--format", "csv", "-o", "{other}"),
        ("what-if", "{site}", "--format", "json", "-o", "{site}"),
    ],
    ids=lambda words: " ".join(words),
)
def test_output_never_takes_the_place_of_an_input(words: tuple[str, ...], tmp_path: Path) -> None:
    site, other, link = tmp_path / "site.toml", tmp_path / "other.toml", tmp_path / "link.csv"
    for file in (site, other):
        shutil.copy(EXAMPLES / "small-vmss.toml", file)
    link.symlink_to(site)
    before = site.read_bytes()
    made = run(*(word.format(site=site, other=other, link=link, folder=tmp_path) for word in words))
    assert (made.returncode, made.stdout) == (2, "")
    assert "name another file for the output" in made.stderr
    assert (site.read_bytes(), other.read_bytes()) == (before, before)


@pytest.mark.parametrize("words", [("plan", ""), ("rules", "", "--dialect", "csv"), ("what-if", ""), ("diff", "", "")])
def test_empty_word_is_no_file(words: tuple[str, ...]) -> None:
    made = run(*words)
    assert (made.returncode, made.stdout) == (2, "")
    assert "found an empty word; name a file" in made.stderr


def test_hyphen_is_standard_output(tmp_path: Path) -> None:
    words = ("plan", str(EXAMPLES / "small-vmss.toml"), "--format", "csv")
    assert run(*words, "-o", "-").stdout == run(*words).stdout != ""
    assert not Path("-").exists()


def test_connection_point_of_two_gateways_is_doubted(tmp_path: Path) -> None:
    other = SITE.replace("contoso", "fabrikam")
    made = run("plan", write(tmp_path / "a.toml", SITE), write(tmp_path / "b.toml", other), "--format", "csv")
    assert made.returncode == 0
    said = "hosts.connection-point: 10.0.1.5 is in both; a connection point serves one gateway"
    assert f"cmgdocs: warning: a, b: {said}" in made.stderr
    same = run("plan", write(tmp_path / "a.toml", SITE), write(tmp_path / "b.toml", SITE), "--format", "csv")
    assert "is in both" not in same.stderr
