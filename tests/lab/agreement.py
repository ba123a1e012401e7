"""Random sites under random circumstances, and whether what was predicted is what was seen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

from cmgdocs.facts import load
from cmgdocs.facts.ids import INSTANCE
from cmgdocs.facts.model import SiteMode, UseId
from cmgdocs.facts.ports import PortRange
from cmgdocs.plan.plan import Plan, Planner
from cmgdocs.plan.rules import RuleSet, rule_set
from cmgdocs.site.hosts import parse_host, parse_proxy
from cmgdocs.site.model import Cloud, Deployment, Setup
from cmgdocs.site.places import Place
from cmgdocs.whatif.outcome import Outcome
from cmgdocs.whatif.predict import Predictor
from cmgdocs.whatif.scenario import Circumstances
from cmglab.staging import RuleSetFirewall, stage

SEED = 20_201_130
REVOCATION = (UseId("server-revocation"), UseId("client-revocation"), UseId("microsoft-revocation"))


@cache
def planner() -> Planner:
    return Planner(load())


def site(random: Random) -> Deployment:
    """A staged site: any mix that the product had."""
    classic = random.random() < 0.5
    proxied = not classic and random.random() < 0.35
    credentials = random.sample(["certificate", "entra", "token"], random.randint(1, 3))
    modes = list(SiteMode) if classic else [SiteMode.HTTPS, SiteMode.ENHANCED_HTTP]
    setup = Setup(
        configmgr="2309" if classic else random.choice(["2503", "2603"]),
        cloud=Cloud.PUBLIC,
        method="classic" if classic else "vmss",
        instances=random.choice([1, 1, 2, 2, 3, 5, 16]),
        content=random.random() < 0.7,
        management_point=random.choice(modes),
        update_port=random.choice([80, 443, 8530, 8531]),
        credentials=tuple(sorted(credentials)),
        uses=tuple(use for use in REVOCATION if random.random() < 0.3),
        proxied=proxied,
    )
    counts = {
        "connection-point": [1, 1, 1, 2, 3],
        "management-point": [1, 1, 2],
        "software-update-point": [1, 1, 2],
        "client": [1, 1, 2],
    }
    hosts = tuple(
        (role, tuple(parse_host(f"10.0.{i}.{n}") for n in range(1, random.choice(numbers) + 1)))
        for i, (role, numbers) in enumerate(counts.items())
    )
    deployment = Deployment("random", setup, hosts, parse_proxy("10.0.9.9:8080") if proxied else None)
    return stage(deployment, planner().system)


def some_rules(random: Random, rules: RuleSet) -> RuleSet:
    """The planned rules with some missing and holes in the ports of others."""
    keep = random.choice([1.0, 0.9, 0.75, 0.5])
    kept = []
    for rule in rules.rules:
        if random.random() < (
            0.95 if rule.flows[0] in ("F01", "F30") else keep
        ):  # without the first step there is nothing else
            kept.append(rule)
        elif random.random() < 0.5 and sum(span.high - span.low for span in rule.ports) < 64:
            ports = [p for span in rule.ports for p in range(span.low, span.high + 1) if random.random() < 0.5]
            if ports:
                kept.append(replace(rule, ports=tuple(PortRange(p, p) for p in ports)))
    return replace(rules, rules=tuple(kept))


def some_places(random: Random, deployment: Deployment) -> frozenset[Place]:
    """Places that are down, most often none."""
    if random.random() < 0.6:
        return frozenset()
    counted = [(role, len(hosts)) for role, hosts in deployment.hosts if role != "cmg"]
    counted += [(INSTANCE, deployment.setup.instances)] * 3
    if deployment.proxy:
        counted.append(("proxy", 1))
    return frozenset(Place(role, random.randint(1, n)) for role, n in random.choices(counted, k=random.randint(1, 3)))


def case(seed: int) -> tuple[int, Plan, RuleSet, Circumstances]:
    """One site, its plan, the rules of its firewall, and everything else that is in the way."""
    random = Random(seed)
    deployment = site(random)
    plan = planner().plan(deployment)
    rules = some_rules(random, rule_set(plan))
    pairs = sorted({(row.flow.initiator, row.flow.responder) for row in plan.rows})
    given = Circumstances(
        firewall=RuleSetFirewall(rules),
        down=some_places(random, deployment),
        connect_ports=random.choice([None, (PortRange(443, 443),), (PortRange(443, 443), PortRange(10124, 10130))])
        if deployment.proxy
        else None,
        inspected=frozenset(pair for pair in pairs if random.random() < 0.04),
        nameless=frozenset(pair for pair in pairs if random.random() < 0.03),
        deployed=random.random() < 0.3,
    )
    return seed, plan, rules, given


def predicted(plan: Plan, given: Circumstances) -> Outcome:
    return Predictor(plan).predict(given)


def described(seed: int, plan: Plan, rules: RuleSet, given: Circumstances, found: tuple[str, ...]) -> str:
    """A case in words, with what makes it again."""
    open_ = ", ".join(f"{rule.id} {rule.ports}" for rule in rules.rules)
    return f"case({seed}): {plan.deployment.setup}; rules {open_}; {given}; {'; '.join(found)}"
