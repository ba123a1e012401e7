"""Random rule lists of firewalls, as files have them, and a second reading of them that knows nothing of the first."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from random import Random

from agreement import case

from cmgdocs.audit import PolicyFirewall
from cmgdocs.audit.judge import Judge
from cmgdocs.audit.peers import Peers
from cmgdocs.audit.strict_csv import read_csv
from cmgdocs.plan.plan import Plan
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.places import Place
from cmgdocs.whatif.scenario import Circumstances, Firewall
from cmglab.staging import addresses

HEAD = "name,action,source,destination,port"
CLOUD = frozenset(
    {"cmg", "azure", "blob-storage", "entra"}
)  # what is between two of these passes no firewall of a site
Row = tuple[str, bool, list[str], list[str], str, bool]


class FirstMatch(Firewall):
    """The first line that matches decides, no line denies; lines are tried one after the other, for each dial anew."""

    def __init__(self, rows: list[Row], plan: Plan) -> None:
        self.rows, self._addresses = rows, addresses(plan.deployment)

    def refusal(self, source: Place, destination: Place, port: int) -> str:
        if {source.role, destination.role} <= CLOUD:
            return ""
        one, other = self._addresses[source], self._addresses[destination]
        for name, allows, sources, destinations, ports, enabled in self.rows:
            if enabled and _within(one, sources) and _within(other, destinations) and _among(port, ports):
                return "" if allows else f"{name} denies it"
        return "no line lets it through"

    def doubt(self, source: Place, destination: Place, port: int) -> str:
        """Lines with addresses leave none."""
        return ""


def _within(address: str, hosts: list[str]) -> bool:
    return any(host == "any" or ip_address(address) in ip_network(host) for host in hosts)


def _among(port: int, ports: str) -> bool:
    spans = (part.partition("-") for part in ports.split())
    return any(low == "any" or int(low) <= port <= int(high or low) for low, _, high in spans)


def text(rows: list[Row]) -> str:
    """The file of a list, in which each cell holds one thing; lines that are off are left out."""
    lines = [
        f"{name},{'allow' if allows else 'deny'},{source},{destination},{port if port == 'any' else f'tcp/{port}'}"
        for name, allows, sources, destinations, ports, enabled in rows
        if enabled
        for source in sources
        for destination in destinations
        for port in ports.split()
    ]
    return "\n".join([HEAD, *lines, ""])


def rows_of(random: Random, rules: RuleSet) -> list[Row]:
    """Allowing lines for most planned rules, some of them wider or narrower, among lines that deny or are off."""
    out: list[Row] = []
    for rule in rules.rules:
        if rule.id != "F01" and random.random() < 0.08:
            continue
        ends = [[host.text for host in end.hosts] for end in (rule.source, rule.destination)]
        if random.random() < 0.2:
            wide = random.randrange(2)
            ends[wide] = random.choice([["any"], [f"{ends[wide][0].rpartition('.')[0]}.0/24"]])
        ports = " ".join(map(str, rule.ports)) if random.random() < 0.9 else "any"
        out.append((f"allow {rule.id}", True, *ends, ports, random.random() < 0.97))
    places = sorted(addresses(rules.plan.deployment).values())
    for number in range(random.choice([0, 0, 1, 1, 2, 3])):
        ends = [
            random.choice([["any"], ["10.0.0.0/8"], random.sample(places, 2), [random.choice(places)]]) for _ in "ab"
        ]
        ports = random.choice(["443", "80 8530", "10124-10131", "10140-10147", "1024-65535", "10125", "any"])
        row: Row = (f"deny {number}", False, *ends, ports, random.random() < 0.9)
        out.insert(random.randrange(len(out) // 2, len(out) + 1) if random.random() < 0.5 else 0, row)
    if random.random() < 0.3:
        random.shuffle(out)
    return out


def listed_case(seed: int) -> tuple[int, Plan, str, Circumstances, Circumstances]:
    """A case of a list: its site, its file, and the same circumstances with the product's reading and with this one."""
    _, plan, _, given = case(seed)
    rows = rows_of(Random(f"list {seed}"), rule_set(plan))
    read = PolicyFirewall(Judge(read_csv(text(rows).encode(), "random")), Peers(plan), perimeter=False)
    return seed, plan, text(rows), replace(given, firewall=read), replace(given, firewall=FirstMatch(rows, plan))
