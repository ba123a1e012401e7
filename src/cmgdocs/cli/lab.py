"""The command for an experiment: the five steps on real sockets, as they happen, next to what was predicted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Fault
from ..facts import load
from ..plan.plan import Plan, Planner
from ..plan.read import plan_of
from ..plan.rules import rule_set
from ..render.tables import dump
from ..render.text import text_table
from ..views.documents import Played, Predicted, lab_data
from ..views.outcome_tables import closed_table, place_text
from ..whatif.ask import remarks
from ..whatif.options import circumstances
from ..whatif.outcome import Outcome, State, unsettled
from ..whatif.predict import Predictor
from ..whatif.scenario import Circumstances
from .arguments import Commands, add_command, path
from .output import put, terminal_width, warn
from .whatif import add_options

if TYPE_CHECKING:
    from cmglab import Observation, TraceEvent

NETWORKS = ("loopback", "kernel")
OURS = (
    "Played on this machine alone: nothing below was sent to these hosts; 'connected' means a stand-in for them.\n"
    "How a channel over HTTPS works inside, no source says: this way is the lab's own. Numbers are steps."
)


def add(commands: Commands) -> None:
    """Add this command."""
    parser = add_command(commands, lab, "cmgdocs lab contoso.toml", "cmgdocs lab contoso.toml --format json")
    parser.add_argument("site", metavar="SITE.toml", type=path)
    network = "loopback: the rules are asked in this process; kernel: nftables of Linux decides. Default: loopback."
    parser.add_argument("--network", choices=NETWORKS, default="loopback", help=network)
    add_options(parser)
    parser.add_argument("--format", dest="form", choices=("table", "json"), default="table", help="Default: table.")


def lab(site: Path, network: str, form: str, **asked: Any) -> None:
    """
    Play the five steps on this machine, with real sockets and real TLS, and compare them with the prediction.

    The firewall has the planned rules of the site and denies the rest; the options block more. Each role is
    played on a host of its own, clients are behind the firewall, too, and no packet leaves this machine.

    It shows that the rules suffice for what the article describes; it does not show what Microsoft's product does.
    Hosts are played on IPv4: where yours share no IP version, a step is undecided on them, and a column says so.
    Exit code 1: something was seen otherwise than predicted.
    """
    from cmglab.comparison import compare, comparison_table
    from cmglab.staging import RuleSetFirewall, stage

    system = load()
    real, of_file = plan_of(system, site)
    plan = Planner(system).plan(stage(real.deployment, system))
    given, of_words = circumstances(real, asked, RuleSetFirewall(rule_set(plan)))
    outcome = Predictor(plan).predict(given)
    trace = Trace(real, live=form == "table")
    if form == "table":
        put(f"{OURS}\n\n", None)
    seen = _play(network, plan, given, trace)
    found = compare(real, outcome, seen)
    on_hosts = replace(Predictor(real).steps(given), closed=outcome.closed)
    on_hosts = unsettled(on_hosts, (row.flow for row in real.rows), deployed=given.deployed)
    warnings = (*of_file, *of_words, *_apart(outcome, on_hosts), *remarks(real, outcome))
    if form == "json":
        predicted = Predicted(real, outcome, tuple(map(str, warnings)))
        put(dump(lab_data(Played(network, found.differences, tuple(trace.lines), on_hosts, predicted))), None)
    else:
        tables = [comparison_table(found, network, outcome, on_hosts)]
        tables += [closed_table(real, outcome)] if outcome.closed else []
        put("".join("\n" + text_table(table, terminal_width()) for table in tables), None)
    warn(warnings)
    if found.differences:
        sys.exit(1)


def _apart(played: Outcome, real: Outcome) -> Iterator[Fault]:
    """Steps that end otherwise on the hosts of the site than on stand-ins with an IPv4 address each."""
    lost = ", ".join(flow for step in real.steps for flow in step.without)
    for one, other in zip(played.steps, real.steps, strict=True):
        if one.state is not other.state:
            what = f"{one.state.value} here and {other.state.value} on your hosts"
            shared = "roles that share a host are played on hosts of their own"
            doubt = f"no source says whether the step works without {lost}" if lost else "every host is played on IPv4"
            why = doubt if other.state is State.UNDECIDED else shared
            yield Fault(f"step {one.number}", f"{what}, for {why}")


class Trace:
    """Events as lines, the number of its step before each, printed as they happen where *live*."""

    def __init__(self, plan: Plan, live: bool) -> None:
        self._plan, self._live = plan, live
        self.lines: list[str] = []

    def __call__(self, event: TraceEvent) -> None:
        """Take an event."""
        line = f"{event.step or ' '} {'✓' if event.ok else '✗'} {self._words(event)}"
        self.lines.append(line)
        if self._live:
            put(f"{line}\n", None)
            sys.stdout.flush()

    def _words(self, event: TraceEvent) -> str:
        source, destination = (place_text(self._plan, place) for place in (event.source, event.destination))
        return f"{source} → {destination}, port {event.port}: {event.what}"


def _play(network: str, plan: Plan, given: Circumstances, tell: Callable[[TraceEvent], None]) -> Observation:
    if network == "loopback":
        from cmglab import run

        return run(plan.deployment, given, tell=tell)
    from cmglab.kernel import play_in_kernel

    return play_in_kernel(rule_set(plan), given, tell).seen
