"""
What is predicted of two sites under many circumstances, and what is said of words that cannot be read.

The answers are golden texts; running this file writes them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sitefiles import planned
from test_plan import SITE_TEXTS

from cmgdocs.errors import SiteError
from cmgdocs.plan.plan import Plan
from cmgdocs.whatif.ask import ask
from cmgdocs.whatif.consequences import consequences
from cmgdocs.whatif.options import Asking, hops
from cmgdocs.whatif.outcome import Channel, Closed, Failure, StepOutcome

GOLDEN = Path(__file__).parent / "golden"
MEANT = "where the change is meant: python tests/test_answers.py"
SITES = ("one-host", "classic")
WORDS: tuple[dict[str, Asking], ...] = (
    {},
    {"deployed": True},
    {"down": "cmg"},
    {"down": ["service-connection-point", "site-server"]},
    {"down": "vm-instance:1"},
    {"down": ["connection-point", "client"]},
    {"down": "10.0.1.5"},
    {"down": ["management-point", "software-update-point"]},
    {"down": ["azure", "entra"], "deployed": True},
    {"proxy_ports": 443},
    {"proxy_ports": "443,10124-10124"},
    {"inspect": "connection-point:cmg"},
    {"inspect": ["any:cmg", "connection-point:management-point"]},
    {"no_name": ["connection-point:cmg", "client:cmg"]},
    {"no_name": "any:any"},
    {"block": ["any:cmg:10125", "connection-point#1:any:80"]},
    {"block": "any:cmg:10140-10155"},
    {"block": ["any:cmg:10140-10155", "any:cmg:10124-10139", "any:cmg:443"], "deployed": True},
    {"allow": "any:any:443"},
    {"allow": ["any:any:any"], "block": ["any:entra:443", "client:any:443"]},
    {"allow": "connection-point:cmg:10125", "deployed": True},
    {"block": "[2001:db8::9]:any:any"},
    {"block": "10.0.1.0/24:any:8531"},
    {"block": "any:any:any", "deployed": True},
    {"block": ["nobody:cmg:443", "client:cmg", "client:cmg:https", "client#2:cmg:443", "client:cmg:443-80"]},
    {"down": ["nobody", "vm-instance:17", "client:2", "connection-point:x", "management-point:1-0"]},
    {"inspect": ["client", "client:nobody"], "no_name": "a:b:c", "proxy_ports": "https"},
)


def _failures(items: Iterable[Failure]) -> str:
    return " ".join(
        f"{item.flow}={item.source}>{item.destination}:{item.port}/{item.cause.value}{f'({item.why})' * bool(item.why)}"
        for item in items
    )


def _step(step: StepOutcome) -> str:
    parts = {
        "by": _failures(step.failures),
        "down": " ".join(map(str, step.down)),
        "idle": " ".join(map(str, step.idle)),
        "before": str(step.before or ""),
        "without": " ".join(step.without),
    }
    return f"{step.number} {step.state.value}" + "".join(f", {name} {text}" for name, text in parts.items() if text)


def _channel(item: Channel) -> str:
    return f"{item.connection_point}-{item.instance} {item.flow or '-'} {item.protocol} {item.port} {item.state.value}"


def _closed(item: Closed) -> str:
    why = f" ({item.why})" * bool(item.why)
    return f"{item.flow} {item.state.value} {item.ports}{why} {' '.join(map(str, item.sources))}".rstrip()


def _answer(plan: Plan, words: dict[str, Asking]) -> Iterator[str]:
    yield f"## {', '.join(f'{name} {asked}' for name, asked in words.items()) or 'nothing'}"
    try:
        found = ask(plan, **words)
    except SiteError as error:
        yield from str(error).splitlines()
        return
    outcome = found.outcome
    yield from map(_step, outcome.steps)
    if outcome.upload:
        yield f"upload {_step(outcome.upload)}"
    yield f"channels: {'; '.join(map(_channel, outcome.channels))}"
    if outcome.best() != outcome.channels:
        yield f"best: {'; '.join(map(_channel, outcome.best()))}"
    if others := [
        item for item in outcome.failures if item not in {f for step in outcome.steps for f in step.failures}
    ]:
        yield f"failed besides: {_failures(others)}"
    yield from (f"closed: {_closed(item)}" for item in outcome.closed)
    yield from (f"lost: {item.flow} {item.state.value}: {item.consequence}" for item in consequences(plan, outcome))
    yield from (f"remark: {fault}" for fault in found.remarks)
    yield from (f"doubt: {fault}" for fault in found.doubts)


def golden(name: str) -> str:
    """The answers for one site: to the words above, and to each connection of the plan blocked alone."""
    plan = planned(SITE_TEXTS[name])
    each = [
        {"block": f"{min(sources).role}:{min(destinations).role}:{','.join(map(str, ports))}"}
        for row in plan.rows
        for sources, destinations, ports in hops(plan, row)
    ]
    return "\n".join("\n".join([*_answer(plan, words), ""]) for words in (*WORDS, *each))


def texts() -> dict[str, str]:
    """Name -> content of each golden text."""
    return {f"answers-{name}.txt": golden(name) for name in SITES}


def test_answers_are_those_in_the_golden_folder() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob("answers-*")}
    made = texts()
    other = sorted(name for name in there.keys() | made.keys() if there.get(name) != made.get(name))
    assert not other, f"{', '.join(other)}: not what is predicted now; {MEANT}"


if __name__ == "__main__":
    for name, text in texts().items():
        (GOLDEN / name).write_text(text, encoding="utf-8", newline="\n")
