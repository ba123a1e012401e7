"""Configurations as ten platforms export them: read whole, judged right, and wrong ones never called complete."""

from __future__ import annotations

import json
import re

import pytest
from audited import CONFIGS, LISTS, SITE, flows, judged, plan_of

from cmgdocs.audit.configuration import PLATFORMS, read_policy
from cmgdocs.errors import SiteError
from cmgdocs.firewall.dialect import written
from cmgdocs.firewall.registry import dialect
from cmgdocs.plan.rules import rule_set
from cmgdocs.views.audit_tables import audit_report

TRUST = ("trust=10.0.0.0/8", "untrust=any")
ZONES = {
    "panos.xml": TRUST,
    "junos.conf": TRUST,
    "ios.cfg": ("GigabitEthernet0/1=10.0.0.0/8", "GigabitEthernet0/0=any"),
    "nsg-show.json": ("servers=10.10.0.0/16",),
}
RIGHT = sorted(path.name for path in CONFIGS.iterdir() if path.name not in ("windows-firewall.csv", "fortios-vip.conf"))
PLANNED = {"F01", "F06", "F14", "F17", "F18", "F19", "F25", "F30", "F37", "F38"}

# File, what to replace by what, and the flows that are then missing and undecided.
# fmt: off
ALTERED = [
    ("panos.set", "port 10124-10125", "port 10124", {"F06"}, set()),
    ("panos.set", "ccp2 ip-netmask 10.10.1.22", "ccp2 ip-netmask 10.10.1.23", {"F06", "F17", "F18", "F19"}, set()),
    ("panos.set", "channel from trust", "channel from guest", {"F06"}, set()),
    ("panos.set", "service cmg-channel application any", "service cmg-channel application facebook-base", set(), {"F06"}),
    ("panos.set", "service cmg-channel application any", "service application-default application ssl", set(), {"F06"}),
    ("panos.set", "destination cmg service", "destination cmg schedule nights service", set(), {"F06"}),
    ("panos.set", "source ccp destination", "source ccp source-user corp\\staff destination", set(), {"F06"}),
    ("panos.set", "destination cmg service", "destination cmg category gambling service", set(), {"F06"}),
    ("panos.set", "destination cmg service", "destination cmg negate-destination yes service", {"F06"}, set()),
    ("panos.set", "destination cmg service", "destination cmg disabled yes service", {"F06"}, set()),
    ("panos.set", "address cmg ip-netmask 203.0.113.10", "address cmg fqdn gateway.corp.example", set(), {"F06"}),
    ("panos.set", "address-group ccp static [ ccp1 ccp2 ]", "address-group ccp dynamic filter 'cmg'", set(), {"F06", "F17", "F18", "F19"}),
    ("panos.set", "address entra ip-netmask 192.0.2.0/26", "address entra ip-wildcard 192.0.2.0/0.0.255.63", set(), {"F14", "F30"}),
    ("panos.xml", '<action>allow</action></entry>\n<entry name="cloud">', '<action>deny</action></entry>\n<entry name="cloud">', {"F06"}, set()),
    ("panos.xml", "203.0.113.64-203.0.113.130", "203.0.113.64-203.0.113.129", {"F19"}, set()),
    ("fortios.conf", "set tcp-portrange 10124-10125", "set tcp-portrange 10124", {"F06"}, set()),
    ("fortios.conf", 'set schedule "always"\n        set service "cmg-channel"', 'set schedule "nights"\n        set service "cmg-channel"', set(), {"F06"}),
    ("fortios.conf", 'set dstaddr "cmg"', 'set internet-service enable\n        set internet-service-name "Microsoft-Azure"', set(), {"F06"}),
    ("fortios.conf", 'set name "channel"', 'set name "channel"\n        set status disable', {"F06"}, set()),
    ("fortios.conf", 'set name "channel"', 'set name "channel"\n        set ssl-ssh-profile "deep-inspection"', set(), {"F06"}),
    ("fortios.conf", "set end-ip 10.10.1.22", "set end-ip 10.10.1.21", {"F17", "F18", "F19"}, set()),
    ("checkpoint.json", '"port": "10124-10125"', '"port": "10124"', {"F06"}, set()),
    ("checkpoint.json", '"type": "service-tcp",\n   "port": "10124-10125"', '"type": "application-site"', set(), {"F06"}),
    ("checkpoint.json", '"enabled": true', '"enabled": false', PLANNED, set()),
    ("asa.cfg", "range 10124 10125", "range 10124 10124", {"F06"}, set()),
    ("asa.cfg", "10.99.0.0 255.255.0.0 any", "10.10.0.0 255.255.0.0 any", PLANNED, set()),
    ("asa.cfg", "object CMG range 10124 10125", "object CMG range 10124 10125 inactive", {"F06"}, set()),
    ("asa.cfg", " host 203.0.113.10\n", " fqdn gateway.corp.example\n", set(), {"F06"}),
    ("ios.cfg", "10.99.0.0 0.0.255.255 any", "10.10.0.0 0.0.255.255 any", PLANNED, set()),
    ("ios.cfg", "host 203.0.113.10 range 10124 10125", "host 203.0.113.10 range 10124 10125 established", {"F06"}, set()),
    ("junos.conf", "destination-port 10124-10125", "destination-port 10124", {"F06"}, set()),
    ("junos.conf", "policy channel then permit", "policy channel then deny", {"F06"}, set()),
    ("junos.conf", "from-zone trust to-zone untrust policy channel", "from-zone guest to-zone untrust policy channel", {"F06"}, set()),
    ("iptables-save.txt", "--dports 10124:10125", "--dports 10124", {"F06"}, set()),
    ("iptables-save.txt", "-A CMG -s 10.10.1.20/30", "-A CMG -m owner --uid-owner 0 -s 10.10.1.20/30", set(), {"F06"}),
    ("iptables-save.txt", ":CMG - [0:0]\n", ":CMG - [0:0]\n-A FORWARD -s 10.10.0.0/16 -j DROP\n", PLANNED, set()),
    ("ruleset.nft", "tcp dport 10124-10125 accept", "tcp dport 10124-10125 drop", {"F06"}, set()),
    ("ruleset.nft", "tcp dport 10124-10125 accept", "tcp dport 10124-10125 meta skuid 0 accept", set(), {"F06"}),
    ("nsg-show.json", '"10124-10125"', '"10124"', {"F06"}, set()),
    ("nsg-show.json", '"AzureKeyVault"', '"AzureKeyVault.WestEurope"', set(), {"F19"}),
    ("nsg-show.json", '"Storage"', '"VirtualNetwork"', set(), {"F17", "F18", "F25"}),
    ("exact.csv", "guests,deny,10.99.0.0/16", "guests,deny,10.10.1.20/30", {"F06", "F17", "F18", "F19"}, set()),
    ("exact.csv", "203.0.113.64/27,tcp/443\nblob-2", "203.0.113.64/28,tcp/443\nblob-2", {"F17"}, set()),
    ("exact.csv", "tcp/10124-10125\nchannel-2", "udp/10124-10125\nchannel-2", {"F06"}, set()),
]
# fmt: on


@pytest.mark.parametrize("name", RIGHT)
def test_right_configuration_is_complete(name: str) -> None:
    found = judged((CONFIGS / name).read_bytes(), name, ZONES.get(name, ()))
    assert (found.verdict, flows(found.missing), flows(found.undecided)) == ("complete", set(), set())
    assert not found.policy.unread


def test_only_what_is_exactly_planned_opens_nothing_beyond() -> None:
    found = {name: judged((CONFIGS / name).read_bytes(), name, ZONES.get(name, ())).beyond for name in RIGHT}
    assert {name for name, beyond in found.items() if not beyond} == {"exact.csv"}
    assert {(item.rule, item.certain) for item in found["junos.conf"]} == {("cloud", True)}


def words(value: object) -> str:
    return str(sorted(value) if isinstance(value, set) else value)[:40]


@pytest.mark.parametrize(("name", "old", "new", "missing", "undecided"), ALTERED, ids=words)
def test_planted_fault_is_found(name: str, old: str, new: str, missing: set[str], undecided: set[str]) -> None:
    content = (CONFIGS / name).read_text("utf-8")
    assert old in content
    zones = ZONES.get(name, ()) + ("guest=10.99.0.0/16",) * ("from-zone guest" in new)
    found = judged(content.replace(old, new), name, zones)
    assert (flows(found.missing), flows(found.undecided)) == (missing, undecided)
    assert found.verdict == ("incomplete" if missing and not found.policy.unread else "undecided")


@pytest.mark.parametrize("name", ["junos.conf", "panos.xml", "nsg-show.json", "ios.cfg"])
def test_without_the_networks_behind_zones_nothing_is_complete(name: str) -> None:
    found = judged((CONFIGS / name).read_bytes(), name)
    assert (found.verdict, flows(found.missing)) == ("undecided", set())
    assert found.unknown_zones
    assert "say it with --zone" in "\n".join(audit_report(found).lead)


@pytest.mark.parametrize("path", sorted(LISTS.iterdir()), ids=lambda path: path.name)
def test_doubtful_list_is_refused_or_undecided(path) -> None:  # type: ignore[no-untyped-def]
    if path.suffix == ".csv":
        with pytest.raises(SiteError, match="allowed"):
            judged(path.read_bytes(), path.name)
    else:
        assert judged(path.read_bytes(), path.name).verdict == "undecided"


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("30-nsg-template-inbound-only.json", "complete"),
        ("31-nsg-template-one-outbound.json", "complete"),
        ("33-nsg-child-in-group.json", "incomplete"),
        ("35-nsg-portal-export.json", "complete"),
    ],
)
def test_template_of_a_network_security_group_has_its_default_and_child_rules(name: str, verdict: str) -> None:
    zone = "n" if "portal" in name else "a"
    assert judged((LISTS / name).read_bytes(), name, (f"{zone}=10.10.0.0/16",)).verdict == verdict


def test_deny_of_the_whole_cloud_is_closed_and_not_passed_over() -> None:
    group = json.loads((CONFIGS / "nsg-show.json").read_text("utf-8"))
    deny = {**group["securityRules"][-1], "name": "no-cloud", "priority": 100, "destinationAddressPrefix": "AzureCloud"}
    group["securityRules"][0]["priority"] = 105
    group["securityRules"].append(deny)
    found = judged(json.dumps(group), "nsg.json", ("servers=10.10.0.0/16",))
    assert {"F01", "F06", "F17", "F19"} <= flows(found.missing)
    assert {"F14", "F30"} <= flows(found.undecided)


NAMED = (
    (CONFIGS.parent / "site.toml")
    .read_text("utf-8")
    .replace('"203.0.113.10"', '"contosocmg.westeurope.cloudapp.azure.com"')
)


@pytest.mark.parametrize(
    ("fqdn", "missing", "undecided"),
    [
        ("contosocmg.westeurope.cloudapp.azure.com", set(), set()),
        ("CONTOSOCMG.westeurope.cloudapp.azure.com", set(), set()),
        ("other.westeurope.cloudapp.azure.com", {"F06"}, set()),
    ],
)
def test_same_name_on_both_sides_is_the_same_host(fqdn: str, missing: set[str], undecided: set[str]) -> None:
    content = (CONFIGS / "panos.set").read_text("utf-8").replace("cmg ip-netmask 203.0.113.10", f"cmg fqdn {fqdn}")
    found = judged(content, "panos.set", plan=plan_of(NAMED))
    assert (flows(found.missing), flows(found.undecided)) == (missing, undecided)


def test_name_and_address_cannot_be_compared() -> None:
    found = judged((CONFIGS / "panos.set").read_bytes(), "panos.set", plan=plan_of(NAMED))
    assert (flows(found.missing), flows(found.undecided)) == (set(), {"F06"})
    (doubt,) = {str(one) for item in found.undecided for one in item.decisions}
    assert "names and addresses cannot be compared" in doubt


def test_what_is_not_read_is_refused_with_what_was_found() -> None:
    with pytest.raises(SiteError, match="found 'name,group,profile"):
        judged((CONFIGS / "windows-firewall.csv").read_bytes(), "windows-firewall.csv")


@pytest.mark.parametrize("text", [SITE.read_text("utf-8"), "hello\n", "<a/>", '{"a": 1}'])
def test_file_of_no_known_platform_is_refused_with_those_there_are(text: str) -> None:
    allowed = ", ".join(sorted(["csv", *PLATFORMS]))
    with pytest.raises(SiteError) as caught:
        judged(text, "hello")
    assert str(caught.value) == f"hello: the platform is not recognised; give --from: {allowed}"
    with pytest.raises(SiteError, match="hello: cannot be read as a configuration: "):
        read_policy(text.encode(), "hello", "fortios")


def test_service_tag_holds_the_names_that_the_facts_put_behind_it_and_no_others() -> None:
    group = json.loads((CONFIGS / "nsg-show.json").read_text("utf-8"))
    text = (CONFIGS.parent / "site.toml").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith(("entra =", "graph =", "azure ="))]
    found = judged(json.dumps(group), "nsg.json", ("servers=10.10.0.0/16",), plan_of("\n".join(lines)))
    assert flows(found.missing) == set()
    assert {"F01", "F30", "F38"}.isdisjoint(flows(found.undecided))  # management.azure.com, login.microsoftonline.com
    assert "F14" in flows(found.undecided)  # a content delivery network serves the page to sign in on


def test_deny_of_all_that_is_outside_comes_before_the_permit_of_a_tag() -> None:
    group = json.loads((CONFIGS / "nsg-show.json").read_text("utf-8"))
    rules = {rule["name"]: rule for rule in group["securityRules"]}
    deny = {**rules["lockdown"], "name": "no-internet", "priority": 115, "destinationAddressPrefix": "Internet"}
    group["securityRules"].append(
        deny
    )  # behind the permit of AzureResourceManager, before that of AzureActiveDirectory
    found = judged(json.dumps(group), "nsg.json", ("servers=10.10.0.0/16",))
    assert flows(found.missing) == PLANNED - {"F01", "F06", "F37", "F38"}
    assert flows(found.undecided) == {"F37"}  # Microsoft Graph has no tag of its own


def test_what_destination_nat_lets_in_is_beyond_the_plan() -> None:
    (found,) = judged((CONFIGS / "fortios-vip.conf").read_bytes(), "fortios-vip.conf").beyond
    assert (found.rule, found.hosts) == ("CMG-inbound, by the destination NAT vip-ccp", ("10.10.1.21",))


def test_what_was_not_read_leaves_everything_undecided() -> None:
    content = (CONFIGS / "asa.cfg").read_text("utf-8").replace("access-group inside_in in interface inside\n", "")
    found = judged(content, "asa.cfg")
    assert found.policy.unread
    assert found.verdict == "undecided"


NAMES = """
configmgr = "2509"
instances = 2
[hosts]
service-connection-point = "10.10.1.11"
connection-point = ["10.10.1.21", "10.10.1.22"]
management-point = "10.10.1.31"
software-update-point = "10.10.1.41"
site-server = "10.10.1.11"
console = "10.10.5.10"
cmg = "contosocmg.westeurope.cloudapp.azure.com"
"""


def test_site_with_the_names_of_the_cloud_is_complete_behind_the_rules_written_for_it() -> None:
    plan = plan_of(NAMES)
    text = written(rule_set(plan), dialect("palo-alto"))
    inside = ("on-premises=10.0.0.0/8", "azure=contosocmg.westeurope.cloudapp.azure.com")
    storage = "contosocmg.blob.core.windows.net,contosocmg.table.core.windows.net"
    azure = f"azure=management.azure.com,{storage},contosocmg.vault.azure.net"
    found = judged(text, "site.set", (*inside, azure, "microsoft-cloud=any"), plan)
    assert (found.verdict, found.beyond) == ("complete", ())
    assert {step.state.value for step in found.outcome.steps} == {"works"}
    lost = judged(text, "site.set", inside, plan)
    assert (lost.verdict, flows(lost.missing)) == ("undecided", set())
    assert {step.state.value for step in lost.outcome.steps} == {"undecided"}


OPEN = {
    "open.ipt": "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n",
    "open.nft": "table inet f {\n chain forward {\n  type filter hook forward priority filter; policy accept;\n }\n}\n",
}


@pytest.mark.parametrize("name", OPEN)
def test_firewall_that_is_open_by_default_opens_everything_beyond_the_plan(name: str) -> None:
    found = judged(OPEN[name], name)
    assert flows(found.missing) == set()
    assert {item.rule for item in found.beyond} == {"what no rule matches"}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("iptables-save.txt", "*mangle\n:FORWARD DROP [0:0]\nCOMMIT\n"),
        ("junos.conf", "set interfaces ge-0/0/1 unit 0 family inet filter input F\n"),
        (
            "ios.cfg",
            "interface GigabitEthernet0/0\n ip access-group BACK in\nip access-list extended BACK\n deny ip any any\n",
        ),
        ("panos.set", "set rulebase pbf rules x from zone trust action discard\n"),
        ("fortios.conf", "config router policy\n edit 1\n next\nend\n"),
    ],
)
def test_what_fwshift_passes_over_leaves_everything_undecided(name: str, more: str) -> None:
    found = judged((CONFIGS / name).read_text("utf-8") + more, name, ZONES.get(name, ()))
    assert (found.verdict, bool(found.policy.unread)) == ("undecided", True)


def test_what_is_passed_over_in_fortios_is_not_looked_for_in_ios() -> None:
    banner = "banner motd ^\nconfig router policy\n^\n"
    found = judged((CONFIGS / "ios.cfg").read_text("utf-8") + banner, "ios.cfg", ZONES["ios.cfg"])
    assert (found.policy.platform, found.policy.unread) == ("ios", ())


def test_servers_and_gateway_without_a_common_ip_version_are_undecided() -> None:
    text = re.sub(r'"10\.10\.(\d+)\.(\d+)"', r'"2001:db8:\1::\2"', (CONFIGS.parent / "site.toml").read_text("utf-8"))
    found = judged("name,action,source,destination,port\nall,allow,any,any,any\n", "all.csv", plan=plan_of(text))
    assert found.verdict == "undecided"
    assert "F06" in flows(found.undecided)


def test_what_the_creation_of_a_group_prints_is_read_as_the_group() -> None:
    group = (CONFIGS / "nsg-show.json").read_text("utf-8")
    for text in (group, json.dumps({"NewNSG": json.loads(group)})):
        found = judged(text, "nsg.json", ZONES["nsg-show.json"])
        assert (found.verdict, found.missing) == ("complete", ())
