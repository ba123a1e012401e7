"""
Every combination of the article of 2020-11-30 gives the rows of its table that apply, and no others.

The expectation below is transcribed by hand from the article's prose, notes and table. It shares nothing with the
package: no data file, no name of a flow, no formula.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from sitefiles import planned, site_text

from cmgdocs.plan.plan import Plan, PlanRow

ARTICLE = "2020-11-30"

# Note 1: "first VM instance on port 10140", "second ... 10141", "the 16th on port 10155"
TCP_TLS = (
    *(10140, 10141, 10142, 10143, 10144, 10145, 10146, 10147),
    *(10148, 10149, 10150, 10151, 10152, 10153, 10154, 10155),
)
# Note 3: "10124 to the first VM instance", "second ... 10125", "the 16th on HTTPS port 10139"
HTTPS_EACH = (
    *(10124, 10125, 10126, 10127, 10128, 10129, 10130, 10131),
    *(10132, 10133, 10134, 10135, 10136, 10137, 10138, 10139),
)

# The article's words on the left; on the right what the package calls the same thing.
SAME = {"Azure": "Azure (Resource Manager)", "CMG": "CMG service"}

Line = tuple[str, str, tuple[int, ...], str]


class Choice(NamedTuple):
    """What the article lets a site choose."""

    method: str
    instances: int
    content: bool
    management_point: str
    update_port: int


CHOICES = [
    Choice(*values)
    for values in product(("classic", "vmss"), range(1, 17), (True, False), ("https", "http"), (443, 80, 8530, 8531))
]


def seed_rows(choice: Choice) -> dict[int, Line]:
    """Give the rows of the table under "Required ports" that apply, by their place in it, 1 to 8."""
    rows: dict[int, Line] = {}
    # Step 1: "over HTTPS port 443", without a condition
    rows[1] = ("Service connection point", "HTTPS", (443,), "Azure")
    # Note 1: "only apply when ... cloud service (classic)"
    if choice.method == "classic":
        rows[2] = ("CMG connection point", "TCP-TLS", TCP_TLS[: choice.instances], "CMG service")
    # Note 2: "443 only for one VM instance"; a scale set too: "only communicates ... over HTTPS"
    if choice.instances == 1:
        rows[3] = ("CMG connection point", "HTTPS", (443,), "CMG service")
    # Note 3: "two or more VM instances", "not HTTPS 443"
    else:
        rows[4] = ("CMG connection point", "HTTPS", HTTPS_EACH[: choice.instances], "CMG service")
    # Step 3: "over HTTPS port 443", without a condition
    rows[5] = ("Client", "HTTPS", (443,), "CMG")
    # Note in step 3: "If you enable the CMG to serve content"
    if choice.content:
        rows[6] = ("Client", "HTTPS", (443,), "Blob storage")
    # Row 7: "443 or 80", "depends upon management point configuration"
    rows[7] = {
        "https": ("CMG connection point", "HTTPS", (443,), "Management point"),
        "http": ("CMG connection point", "HTTP", (80,), "Management point"),
    }[choice.management_point]
    # Row 8: "443 or 80 / 8530 or 8531", "depends upon software update point configuration"
    rows[8] = {
        443: ("CMG connection point", "HTTPS", (443,), "Software update point"),
        80: ("CMG connection point", "HTTP", (80,), "Software update point"),
        8530: ("CMG connection point", "HTTP", (8530,), "Software update point"),
        8531: ("CMG connection point", "HTTPS", (8531,), "Software update point"),
    }[choice.update_port]
    return rows


def expected(choice: Choice) -> list[Line]:
    """Rows that apply, in order of the table, in the package's names."""
    return [
        (client, protocol, ports, SAME.get(server, server))
        for client, protocol, ports, server in seed_rows(choice).values()
    ]


def later(choice: Choice) -> list[Line]:
    """The one row that later editions added (facts.md section 1, V10): content goes to blob storage."""
    return [("Site server", "HTTPS", (443,), "Blob storage")] if choice.content else []


def text_of(choice: Choice) -> str:
    """A site file for *choice*, in the newest version in which the combination exists."""
    # 2309 is the last version before 2403, which ended classic gateways and plain HTTP
    past = choice.method == "classic" or choice.management_point == "http"
    return site_text(
        {"cmg": "cmg.corp.example", "connection-point": "cp.corp.example"},
        configmgr="2309" if past else "2603",
        method=choice.method,
        instances=choice.instances,
        content=choice.content,
        management_point=choice.management_point,
        software_update_point=choice.update_port,
    )


def line(row: PlanRow) -> Line:
    """A planned row in the terms of the article, its ranges written out port by port."""
    ports = tuple(port for part in row.ports for port in range(part.low, part.high + 1))
    return row.initiator.name, row.protocol, ports, row.responder.name


def lines(plan: Plan) -> list[Line]:
    """All rows of a plan that the article prints, in the plan's order."""
    return [line(row) for row in plan.rows if row.in_table]


def channel(rows: list[Line]) -> list[Line]:
    """The rows that build the channel; their order says what is tried first."""
    return [row for row in rows if row[0] == "CMG connection point" and row[3] == "CMG service"]


def test_there_are_512_combinations_and_each_row_of_the_table_applies_as_often_as_its_conditions_say() -> None:
    assert len(set(CHOICES)) == len(CHOICES) == 2 * 16 * 2 * 2 * 4 == 512
    counts = [sum(place in seed_rows(choice) for choice in CHOICES) for place in range(1, 9)]
    assert counts == [512, 256, 32, 480, 512, 256, 512, 512]


def test_all_512_plans_of_the_article_have_its_rows_in_its_order_and_no_others() -> None:
    for choice in CHOICES:
        plan = planned(text_of(choice), ARTICLE)
        assert lines(plan) == expected(choice), choice
        assert all(row.in_table for row in plan.rows)


def test_all_512_full_plans_print_the_article_and_the_upload_that_later_ones_added() -> None:
    for choice in CHOICES:
        found, wanted = lines(planned(text_of(choice))), expected(choice) + later(choice)
        assert sorted(found) == sorted(wanted), choice
        assert channel(found) == channel(wanted), choice


def test_plans_of_the_newest_table_add_the_upload_as_the_last_row() -> None:
    for choice in CHOICES[::3]:
        assert lines(planned(text_of(choice), "2026")) == expected(choice) + later(choice), choice
