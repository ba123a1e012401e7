"""
Outcomes of the scenario, written by hand from the article: step by step, channel by channel, dial by dial.

Nothing here is computed from the facts, nor from the lab's own transcript.
"""

from __future__ import annotations

import asyncio

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
from cmglab import Event, Failed, play, run

W, D, F = "works", "degraded", "fails"
ALL = (W, W, W, W, W)
Channels = dict[tuple[int, int], tuple[str, int] | None]

# what, deployment, circumstances, channels, steps, upload, failed dials
CASES: dict[str, tuple[Deployment, Circumstances, Channels, tuple[str, ...], str, set[Failed]]] = {
    "one instance, all open": (site(), Circumstances(), {(1, 1): ("HTTPS", 443)}, ALL, W, set()),
    "classic, two instances, all open": (
        site("classic", 2, content=False, update_port=443),
        Circumstances(),
        {(1, 1): ("TCP-TLS", 10140), (1, 2): ("TCP-TLS", 10141)},
        ALL,
        "",
        set(),
    ),
    "classic, preferred port of instance 2 blocked": (
        site("classic", 2),
        Circumstances(Blocks((CP, CMG, 10141))),
        {(1, 1): ("TCP-TLS", 10140), (1, 2): ("HTTPS", 10125)},
        (W, D, W, W, W),
        W,
        {failed(CP, CMG, 10141)},
    ),
    "classic, one instance, preferred port blocked": (
        site("classic", 1),
        Circumstances(Blocks((CP, CMG, 10140))),
        {(1, 1): ("HTTPS", 443)},
        (W, D, W, W, W),
        W,
        {failed(CP, CMG, 10140)},
    ),
    "scale set, two instances, 443 only": (
        site("vmss", 2),
        Circumstances(Blocks((CP, CMG, 10124), (CP, CMG, 10125))),
        {(1, 1): None, (1, 2): None},
        (W, F, W, F, F),
        W,
        {failed(CP, CMG, 10124), failed(CP, CMG, 10125)},
    ),
    "scale set, one of two instances without a channel": (
        site("vmss", 2),
        Circumstances(Blocks((CP, CMG, 10124))),
        {(1, 1): None, (1, 2): ("HTTPS", 10125)},
        (W, D, W, D, W),
        W,
        {failed(CP, CMG, 10124)},
    ),
    "sixteen instances": (
        site("vmss", 16),
        Circumstances(),
        {(1, number): ("HTTPS", 10123 + number) for number in range(1, 17)},
        ALL,
        W,
        set(),
    ),
    "proxy with CONNECT to 443 only, one instance": (
        site("classic", 1, proxied=True),
        Circumstances(Blocks((CP, CMG, None), (SCP, AZURE, None)), connect_ports=(PortRange(443, 443),)),
        {(1, 1): ("HTTPS", 443)},
        (W, D, W, W, W),
        W,
        {failed(CP, CMG, 10140)},
    ),
    "proxy with CONNECT to 443 only, two instances": (
        site("vmss", 2, proxied=True),
        Circumstances(connect_ports=(PortRange(443, 443),)),
        {(1, 1): None, (1, 2): None},
        (W, F, W, F, F),
        W,
        {failed(CP, CMG, 10124, "proxy"), failed(CP, CMG, 10125, "proxy")},
    ),
    "proxy that may not go everywhere": (
        site("vmss", 1, proxied=True, configmgr="2603"),
        Circumstances(Blocks((PROXY, ENTRA, 443), (SITE, PROXY, 3128)), deployed=True),
        {(1, 1): ("HTTPS", 443)},
        (F, W, W, W, D),
        F,
        {failed(PROXY, ENTRA, 443), failed(SITE, PROXY, 3128)},
    ),
    "proxy down": (
        site("vmss", 1, proxied=True, content=False),
        Circumstances(down=frozenset({PROXY}), deployed=True),
        {(1, 1): None},
        (F, F, W, F, F),
        "",
        {failed(SCP, PROXY, 3128, "down"), failed(CP, PROXY, 3128, "down")},
    ),
    "channel inspected": (
        site("classic", 1),
        Circumstances(inspected=frozenset({(CP.role, CMG.role)})),
        {(1, 1): None},
        (W, F, W, F, F),
        W,
        {failed(CP, CMG, 10140, "inspected"), failed(CP, CMG, 443, "inspected")},
    ),
    "channel inspected behind the proxy": (
        site("vmss", 1, proxied=True),
        Circumstances(inspected=frozenset({(CP.role, CMG.role)})),
        {(1, 1): None},
        (W, F, W, F, F),
        W,
        {failed(CP, CMG, 443, "inspected")},
    ),
    "plain HTTP does not mind inspection": (
        site(management_point=ENHANCED),
        Circumstances(inspected=frozenset({(CP.role, MP.role), (CP.role, SUP.role)})),
        {(1, 1): ("HTTPS", 443)},
        (W, W, W, W, D),
        W,
        {failed(CP, MP, 443, "inspected"), failed(CP, SUP, 8531, "inspected")},
    ),
    "gateway nameless for the connection point": (
        site("vmss", 2, proxied=True),
        Circumstances(nameless=frozenset({(CP.role, CMG.role)})),
        {(1, 1): None, (1, 2): None},
        (W, F, W, F, F),
        W,
        {failed(CP, CMG, 10124, "nameless"), failed(CP, CMG, 10125, "nameless")},
    ),
    "management point down": (
        site(management_point=ENHANCED, update_port=8530),
        Circumstances(down=frozenset({MP})),
        {(1, 1): ("HTTPS", 443)},
        (W, W, W, W, F),
        W,
        {failed(CP, MP, 443, "down"), failed(CP, MP, 80, "down")},
    ),
    "licence terms blocked": (
        site(management_point=HTTP, configmgr="2303"),
        Circumstances(Blocks((CP, SUP, 8530))),
        {(1, 1): ("HTTPS", 443)},
        (W, W, W, W, D),
        W,
        {failed(CP, SUP, 8530)},
    ),
    "two connection points, one blocked": (
        site("vmss", 2, connection_point=2),
        Circumstances(Blocks((nth(CP, 2), CMG, None))),
        {(1, 1): ("HTTPS", 10124), (1, 2): ("HTTPS", 10125), (2, 1): None, (2, 2): None},
        (W, D, W, W, W),
        W,
        {failed(nth(CP, 2), CMG, 10124), failed(nth(CP, 2), CMG, 10125)},
    ),
    "two connection points, two management points, each pair asked": (
        site("vmss", 1, connection_point=2, management_points=2, software_update_point=2, client=2),
        Circumstances(Blocks((CP, nth(MP, 2), 443), (nth(CP, 2), nth(SUP, 2), 8531), (nth(CLIENT, 2), BLOB, 443))),
        {(1, 1): ("HTTPS", 443), (2, 1): ("HTTPS", 443)},
        (W, W, D, W, D),
        W,
        {failed(CP, nth(MP, 2), 443), failed(nth(CP, 2), nth(SUP, 2), 8531), failed(nth(CLIENT, 2), BLOB, 443)},
    ),
    "connection point down": (site(), Circumstances(down=frozenset({CP})), {(1, 1): None}, (W, F, W, F, F), W, set()),
    "instance 2 of three down": (
        site("classic", 3),
        Circumstances(down=frozenset({instance(2)})),
        {(1, 1): ("TCP-TLS", 10140), (1, 2): None, (1, 3): ("TCP-TLS", 10142)},
        (W, D, W, W, W),
        W,
        {failed(CP, CMG, 10141, "down"), failed(CP, CMG, 10125, "down")},
    ),
    "the only instance down": (
        site(),
        Circumstances(down=frozenset({instance(1)})),
        {(1, 1): None},
        (W, F, F, F, F),
        W,
        {failed(CP, CMG, 443, "down"), failed(CLIENT, CMG, 443, "down")},
    ),
    "Entra blocked": (
        site(),
        Circumstances(Blocks((CLIENT, ENTRA, 443))),
        {(1, 1): ("HTTPS", 443)},
        (W, W, D, W, W),
        W,
        {failed(CLIENT, ENTRA, 443)},
    ),
    "Entra blocked, and no other credential": (
        site(credentials=("entra",)),
        Circumstances(Blocks((CLIENT, ENTRA, 443))),
        {(1, 1): ("HTTPS", 443)},
        (W, W, F, F, F),
        W,
        {failed(CLIENT, ENTRA, 443)},
    ),
    "management point cannot check tokens": (
        site(configmgr="2603", credentials=("entra", "token")),
        Circumstances(Blocks((MP, ENTRA, 443))),
        {(1, 1): ("HTTPS", 443)},
        (W, W, W, W, D),
        W,
        {failed(MP, ENTRA, 443)},
    ),
    "nothing deployed": (
        site("vmss", 2),
        Circumstances(Blocks((SCP, AZURE, 443))),
        {(1, 1): None, (1, 2): None},
        (F, F, F, F, F),
        F,
        {failed(SCP, AZURE, 443)},
    ),
    "no token for Azure": (
        site("vmss", 2),
        Circumstances(Blocks((SCP, ENTRA, 443))),
        {(1, 1): None, (1, 2): None},
        (F, F, F, F, F),
        F,
        {failed(SCP, ENTRA, 443)},
    ),
    "no token for the upload": (
        site(configmgr="2409"),
        Circumstances(Blocks((SITE, ENTRA, 443))),
        {(1, 1): ("HTTPS", 443)},
        ALL,
        F,
        {failed(SITE, ENTRA, 443)},
    ),
    "storage keys in place of a token": (
        site(configmgr="2403"),
        Circumstances(Blocks((SITE, ENTRA, 443))),
        {(1, 1): ("HTTPS", 443)},
        ALL,
        W,
        set(),
    ),
    "revocation lists blocked": (
        site(configmgr="2603", uses=("server-revocation", "microsoft-revocation")),
        Circumstances(Blocks(*((place, crl, 80) for place in (CLIENT, CP, SCP, SITE, MP) for crl in (CRL, LISTS)))),
        {(1, 1): ("HTTPS", 443)},
        ALL,
        W,
        {failed(CLIENT, CRL, 80), failed(CP, CRL, 80), *(failed(place, LISTS, 80) for place in (CP, SCP, SITE, MP))},
    ),
    "revocation lists through a proxy with CONNECT to 443 only": (
        site(proxied=True, uses=("server-revocation", "microsoft-revocation")),
        Circumstances(connect_ports=(PortRange(443, 443),), inspected=frozenset({(CP.role, LISTS.role)})),
        {(1, 1): ("HTTPS", 443)},
        ALL,
        W,
        set(),
    ),
    "deployed before": (
        site(),
        Circumstances(Blocks((SCP, AZURE, 443)), deployed=True),
        {(1, 1): ("HTTPS", 443)},
        (F, W, W, W, W),
        W,
        {failed(SCP, AZURE, 443)},
    ),
    "content blocked": (
        site(),
        Circumstances(Blocks((CLIENT, BLOB, 443), (SITE, BLOB, 443))),
        {(1, 1): ("HTTPS", 443)},
        (W, W, D, W, W),
        F,
        {failed(CLIENT, BLOB, 443), failed(SITE, BLOB, 443)},
    ),
    "content was not uploaded": (
        site(),
        Circumstances(Blocks((SITE, BLOB, 443))),
        {(1, 1): ("HTTPS", 443)},
        ALL,
        F,
        {failed(SITE, BLOB, 443)},
    ),
    "clients do not reach the gateway": (
        site("vmss", 2, client=2),
        Circumstances(Blocks((CLIENT, CMG, 443), (nth(CLIENT, 2), CMG, 443))),
        {(1, 1): ("HTTPS", 10124), (1, 2): ("HTTPS", 10125)},
        (W, W, F, F, F),
        W,
        {failed(CLIENT, CMG, 443), failed(nth(CLIENT, 2), CMG, 443)},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_outcome_is_the_one_written_down(
    case: tuple[Deployment, Circumstances, Channels, tuple[str, ...], str, set[Failed]],
) -> None:
    deployment, circumstances, channels, steps, upload, dials = case
    seen = run(deployment, circumstances)
    assert seen.failed == dials
    assert seen.channels == channels
    assert seen.steps == steps
    assert seen.upload == upload
    assert seen.anonymous is (None if steps[2] == F else True)


def test_same_scenario_tells_the_same_events() -> None:
    def told() -> list[str]:
        events: list[Event] = []
        firewall = Blocks((CP, CMG, 10141), (nth(CP, 2), MP, 80))
        deployment = site("classic", 3, management_point=ENHANCED, connection_point=2, proxied=True, configmgr="2303")
        run(deployment, Circumstances(firewall), tell=events.append)
        return list(map(str, events))

    first = told()
    assert first == told()
    assert "2 connection-point 1 -> cmg 1 10141: blocked: a rule of the test denies it" in first


def test_runs_where_an_event_loop_runs_already() -> None:
    async def notebook() -> object:
        return run(site()).steps

    assert asyncio.run(notebook()) == ALL


@pytest.mark.parametrize("inspected", [False, True])
def test_lab_ends_wherever_it_is_cancelled(inspected: bool) -> None:
    pairs = frozenset({(CP.role, CMG.role), (CLIENT.role, BLOB.role)}) if inspected else frozenset()
    deployment, circumstances = site("classic", 2, proxied=not inspected), Circumstances(inspected=pairs)

    async def main(turns: int) -> set[asyncio.Task[object]]:
        playing = asyncio.create_task(play(deployment, circumstances))
        for _ in range(turns):
            await asyncio.sleep(0)
        playing.cancel()
        await asyncio.wait([playing])
        return asyncio.all_tasks() - {asyncio.current_task()}

    for turns in (*range(0, 100, 6), *range(100, 900, 50)):
        assert asyncio.run(main(turns)) == set(), turns


def test_nothing_runs_on_after_the_last_answer() -> None:
    async def main() -> set[asyncio.Task[object]]:
        await play(site("classic", 2, proxied=True))
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(main()) == set()
