"""
Outcomes of the scenario, written by hand from the article: step by step, channel by channel, dial by dial.

Nothing here is computed from the facts, nor from the lab's own transcript.
"""

from __future__ import annotations

import asyncio
import gc
import warnings
from dataclasses import dataclass, field

import pytest
from cast import (
    AZURE,
    BLOB,
    CLIENT,
    CMG,
    CP,
    CRL,
    ENHANCED,
    ENTRA,
    HTTP,
    LISTS,
    MP,
    PROXY,
    SCP,
    SITE,
    SUP,
    Blocks,
    failed,
    instance,
    nth,
    site,
)

from cmgdocs.facts.ports import PortRange
from cmgdocs.site.model import Deployment
from cmgdocs.whatif.scenario import Circumstances
from cmglab import FailedDial, TraceEvent, play, run

W, D, F = "works", "degraded", "fails"
OPEN = Circumstances()
STATES = {"w": W, "d": D, "f": F}


@dataclass(frozen=True)
class Case:
    """A scenario and its outcome: *steps* by their first letters, *dials* are those that failed."""

    deployment: Deployment
    given: Circumstances = OPEN
    channels: dict[tuple[int, int], tuple[str, int] | None] = field(default_factory=lambda: {(1, 1): ("HTTPS", 443)})
    steps: str = "wwwww"
    upload: str = W
    dials: set[FailedDial] = field(default_factory=set)


CASES = {
    "one instance, all open": Case(site()),
    "classic, two instances, all open": Case(
        site("classic", 2, content=False, update_port=443),
        channels={(1, 1): ("TCP-TLS", 10140), (1, 2): ("TCP-TLS", 10141)},
        upload="",
    ),
    "classic, preferred port of instance 2 blocked": Case(
        site("classic", 2),
        Circumstances(Blocks((CP, CMG, 10141))),
        channels={(1, 1): ("TCP-TLS", 10140), (1, 2): ("HTTPS", 10125)},
        steps="wdwww",
        dials={failed(CP, CMG, 10141)},
    ),
    "classic, one instance, preferred port blocked": Case(
        site("classic", 1), Circumstances(Blocks((CP, CMG, 10140))), steps="wdwww", dials={failed(CP, CMG, 10140)}
    ),
    "scale set, two instances, 443 only": Case(
        site("vmss", 2),
        Circumstances(Blocks((CP, CMG, 10124), (CP, CMG, 10125))),
        channels={(1, 1): None, (1, 2): None},
        steps="wfwff",
        dials={failed(CP, CMG, 10124), failed(CP, CMG, 10125)},
    ),
    "scale set, one of two instances without a channel": Case(
        site("vmss", 2),
        Circumstances(Blocks((CP, CMG, 10124))),
        channels={(1, 1): None, (1, 2): ("HTTPS", 10125)},
        steps="wdwdw",
        dials={failed(CP, CMG, 10124)},
    ),
    "sixteen instances": Case(
        site("vmss", 16), channels={(1, number): ("HTTPS", 10123 + number) for number in range(1, 17)}
    ),
    "proxy with CONNECT to 443 only, one instance": Case(
        site("classic", 1, proxied=True),
        Circumstances(Blocks((CP, CMG, None), (SCP, AZURE, None)), connect_ports=(PortRange(443, 443),)),
        steps="wdwww",
        dials={failed(CP, CMG, 10140)},
    ),
    "proxy with CONNECT to 443 only, two instances": Case(
        site("vmss", 2, proxied=True),
        Circumstances(connect_ports=(PortRange(443, 443),)),
        channels={(1, 1): None, (1, 2): None},
        steps="wfwff",
        dials={failed(CP, CMG, 10124, "proxy"), failed(CP, CMG, 10125, "proxy")},
    ),
    "proxy that may not go everywhere": Case(
        site("vmss", 1, proxied=True, configmgr="2603"),
        Circumstances(Blocks((PROXY, ENTRA, 443), (SITE, PROXY, 3128)), deployed=True),
        steps="fwwwd",
        upload=F,
        dials={failed(PROXY, ENTRA, 443), failed(SITE, PROXY, 3128)},
    ),
    "proxy down": Case(
        site("vmss", 1, proxied=True, content=False),
        Circumstances(down=frozenset({PROXY}), deployed=True),
        channels={(1, 1): None},
        steps="ffwff",
        upload="",
        dials={failed(SCP, PROXY, 3128, "down"), failed(CP, PROXY, 3128, "down")},
    ),
    "channel inspected": Case(
        site("classic", 1),
        Circumstances(inspected=frozenset({(CP.role, CMG.role)})),
        channels={(1, 1): None},
        steps="wfwff",
        dials={failed(CP, CMG, 10140, "inspected"), failed(CP, CMG, 443, "inspected")},
    ),
    "channel inspected behind the proxy": Case(
        site("vmss", 1, proxied=True),
        Circumstances(inspected=frozenset({(CP.role, CMG.role)})),
        channels={(1, 1): None},
        steps="wfwff",
        dials={failed(CP, CMG, 443, "inspected")},
    ),
    "plain HTTP does not mind inspection": Case(
        site(management_point=ENHANCED),
        Circumstances(inspected=frozenset({(CP.role, MP.role), (CP.role, SUP.role)})),
        steps="wwwwd",
        dials={failed(CP, MP, 443, "inspected"), failed(CP, SUP, 8531, "inspected")},
    ),
    "gateway nameless for the connection point": Case(
        site("vmss", 2, proxied=True),
        Circumstances(nameless=frozenset({(CP.role, CMG.role)})),
        channels={(1, 1): None, (1, 2): None},
        steps="wfwff",
        dials={failed(CP, CMG, 10124, "nameless"), failed(CP, CMG, 10125, "nameless")},
    ),
    "management point down": Case(
        site(management_point=ENHANCED, update_port=8530),
        Circumstances(down=frozenset({MP})),
        steps="wwwwf",
        dials={failed(CP, MP, 443, "down"), failed(CP, MP, 80, "down")},
    ),
    "licence terms blocked": Case(
        site(management_point=HTTP, configmgr="2303"),
        Circumstances(Blocks((CP, SUP, 8530))),
        steps="wwwwd",
        dials={failed(CP, SUP, 8530)},
    ),
    "two connection points, one blocked": Case(
        site("vmss", 2, connection_point=2),
        Circumstances(Blocks((nth(CP, 2), CMG, None))),
        channels={(1, 1): ("HTTPS", 10124), (1, 2): ("HTTPS", 10125), (2, 1): None, (2, 2): None},
        steps="wdwww",
        dials={failed(nth(CP, 2), CMG, 10124), failed(nth(CP, 2), CMG, 10125)},
    ),
    "two connection points, two management points, each pair asked": Case(
        site("vmss", 1, connection_point=2, management_points=2, software_update_point=2, client=2),
        Circumstances(Blocks((CP, nth(MP, 2), 443), (nth(CP, 2), nth(SUP, 2), 8531), (nth(CLIENT, 2), BLOB, 443))),
        channels={(1, 1): ("HTTPS", 443), (2, 1): ("HTTPS", 443)},
        steps="wwdwd",
        dials={failed(CP, nth(MP, 2), 443), failed(nth(CP, 2), nth(SUP, 2), 8531), failed(nth(CLIENT, 2), BLOB, 443)},
    ),
    "connection point down": Case(site(), Circumstances(down=frozenset({CP})), channels={(1, 1): None}, steps="wfwff"),
    "instance 2 of three down": Case(
        site("classic", 3),
        Circumstances(down=frozenset({instance(2)})),
        channels={(1, 1): ("TCP-TLS", 10140), (1, 2): None, (1, 3): ("TCP-TLS", 10142)},
        steps="wdwww",
        dials={failed(CP, CMG, 10141, "down"), failed(CP, CMG, 10125, "down")},
    ),
    "the only instance down": Case(
        site(),
        Circumstances(down=frozenset({instance(1)})),
        channels={(1, 1): None},
        steps="wffff",
        dials={failed(CP, CMG, 443, "down"), failed(CLIENT, CMG, 443, "down")},
    ),
    "Entra blocked": Case(
        site(), Circumstances(Blocks((CLIENT, ENTRA, 443))), steps="wwdww", dials={failed(CLIENT, ENTRA, 443)}
    ),
    "Entra blocked, and no other credential": Case(
        site(credentials=("entra",)),
        Circumstances(Blocks((CLIENT, ENTRA, 443))),
        steps="wwfff",
        dials={failed(CLIENT, ENTRA, 443)},
    ),
    "management point cannot check tokens": Case(
        site(configmgr="2603", credentials=("entra", "token")),
        Circumstances(Blocks((MP, ENTRA, 443))),
        steps="wwwwd",
        dials={failed(MP, ENTRA, 443)},
    ),
    "nothing deployed": Case(
        site("vmss", 2),
        Circumstances(Blocks((SCP, AZURE, 443))),
        channels={(1, 1): None, (1, 2): None},
        steps="fffff",
        upload=F,
        dials={failed(SCP, AZURE, 443)},
    ),
    "no token for Azure": Case(
        site("vmss", 2),
        Circumstances(Blocks((SCP, ENTRA, 443))),
        channels={(1, 1): None, (1, 2): None},
        steps="fffff",
        upload=F,
        dials={failed(SCP, ENTRA, 443)},
    ),
    "no token for the upload": Case(
        site(configmgr="2409"), Circumstances(Blocks((SITE, ENTRA, 443))), upload=F, dials={failed(SITE, ENTRA, 443)}
    ),
    "storage keys in place of a token": Case(site(configmgr="2403"), Circumstances(Blocks((SITE, ENTRA, 443)))),
    "revocation lists blocked": Case(
        site(configmgr="2603", uses=("server-revocation", "microsoft-revocation")),
        Circumstances(Blocks(*((place, crl, 80) for place in (CLIENT, CP, SCP, SITE, MP) for crl in (CRL, LISTS)))),
        dials={
            failed(CLIENT, CRL, 80),
            failed(CP, CRL, 80),
            *(failed(place, LISTS, 80) for place in (CP, SCP, SITE, MP)),
        },
    ),
    "revocation lists through a proxy with CONNECT to 443 only": Case(
        site(proxied=True, uses=("server-revocation", "microsoft-revocation")),
        Circumstances(connect_ports=(PortRange(443, 443),), inspected=frozenset({(CP.role, LISTS.role)})),
    ),
    "deployed before": Case(
        site(), Circumstances(Blocks((SCP, AZURE, 443)), deployed=True), steps="fwwww", dials={failed(SCP, AZURE, 443)}
    ),
    "content blocked": Case(
        site(),
        Circumstances(Blocks((CLIENT, BLOB, 443), (SITE, BLOB, 443))),
        steps="wwdww",
        upload=F,
        dials={failed(CLIENT, BLOB, 443), failed(SITE, BLOB, 443)},
    ),
    "content was not uploaded": Case(
        site(), Circumstances(Blocks((SITE, BLOB, 443))), upload=F, dials={failed(SITE, BLOB, 443)}
    ),
    "clients do not reach the gateway": Case(
        site("vmss", 2, client=2),
        Circumstances(Blocks((CLIENT, CMG, 443), (nth(CLIENT, 2), CMG, 443))),
        channels={(1, 1): ("HTTPS", 10124), (1, 2): ("HTTPS", 10125)},
        steps="wwfff",
        dials={failed(CLIENT, CMG, 443), failed(nth(CLIENT, 2), CMG, 443)},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_outcome_is_the_one_written_down(case: Case) -> None:
    seen = run(case.deployment, case.given)
    assert seen.failed == case.dials
    assert seen.channels == case.channels
    assert seen.steps == tuple(STATES[letter] for letter in case.steps)
    assert seen.upload == case.upload
    assert seen.anonymous is (None if case.steps[2] == "f" else True)


def test_same_scenario_gives_the_same_events() -> None:
    def events_of() -> list[str]:
        events: list[TraceEvent] = []
        firewall = Blocks((CP, CMG, 10141), (nth(CP, 2), MP, 80))
        deployment = site("classic", 3, management_point=ENHANCED, connection_point=2, proxied=True, configmgr="2303")
        run(deployment, Circumstances(firewall), tell=events.append)
        return list(map(str, events))

    first = events_of()
    assert first == events_of()
    assert "2 connection-point 1 -> cmg 1 10141: blocked: a rule of the test denies it" in first


def test_runs_where_an_event_loop_runs_already() -> None:
    async def notebook() -> object:
        return run(site()).steps

    assert asyncio.run(notebook()) == (W,) * 5


def test_nothing_runs_on_after_the_last_answer_nor_after_a_cancellation() -> None:
    async def main(turns: int) -> set[asyncio.Task[object]]:
        playing = asyncio.create_task(play(site("classic", 2, proxied=True)))
        for _ in range(turns):
            await asyncio.sleep(0)
        playing.cancel()
        await asyncio.wait([playing])
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(main(100_000)) == set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a connection that asyncio has half made
        for turns in (0, 5, 40, 200, 600):
            assert asyncio.run(main(turns)) == set(), turns
        gc.collect()
