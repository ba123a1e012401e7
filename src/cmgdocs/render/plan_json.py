"""A plan for programs: role ids, ports as numbers, hosts as text."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Fault
from ..facts.queries import needed_by
from ..facts.text import fill
from ..plan.capacity import capacity
from ..plan.plan import End, Plan, PlanRow
from ..plan.reach import reach


def plan_data(plan: Plan, warnings: Iterable[Fault] = ()) -> dict[str, object]:
    """
    Everything that a plan says, ready for JSON.

    Each of ``rows`` has role ids ``initiator`` and ``responder``, the protocol as printed, ``ports`` as ``[low, high]``
    with both ends included, and ``hosts`` of both ends; ``patterns`` are names whose ``<part>`` the site file does
    not tell. ``order`` is the place in which the channel tries a row, 1 first, null elsewhere.
    """
    setup, system = plan.deployment.setup, plan.system
    size = capacity(plan)
    return {
        "site": plan.deployment.name,
        "edition": plan.edition,
        "setup": {
            "configmgr": setup.configmgr,
            "cloud": setup.cloud.value,
            "method": setup.method,
            "instances": setup.instances,
            "content": setup.content,
            "management-point": setup.management_point.value,
            "software-update-point": setup.update_port,
            "client-authentication": list(setup.credentials),
            "uses": list(setup.uses),
            "proxy": str(plan.deployment.proxy) if plan.deployment.proxy else None,
        },
        "warnings": [str(item) for item in warnings],
        "rows": [_row(row) for row in plan.rows],
        "names": [
            {
                "endpoint": item.endpoint.id,
                "role": item.endpoint.role,
                "roles": list(needed_by(system, item.endpoint)),
                "what": item.endpoint.what,
                "names": list(item.names),
                "patterns": list(item.patterns),
                "flows": list(item.endpoint.flows),
                "remark": fill(item.endpoint.remark, system),
                "inferred": item.endpoint.inferred,
            }
            for item in reach(plan)
        ],
        "certificates": [
            {"id": item.id, "holder": item.holder, "checked-by": list(item.checked_by), "needed": item.needed}
            for item in system.certificates
        ],
        "capacity": {
            "instances": size.instances,
            "connection-points": size.connection_points,
            "clients": {
                item.limit.id: {"clients": item.number, "connection-points": item.connection_points}
                for item in size.clients
            },
            "remarks": list(size.remarks),
        },
        "left-out": [{"flow": item.flow.id, "reason": item.reason} for item in plan.left_out],
    }


def _row(row: PlanRow) -> dict[str, object]:
    connection, flow = row.connection, row.flow
    return {
        "flow": flow.id,
        "initiator": flow.initiator,
        "responder": flow.responder,
        "protocol": connection.protocol,
        "ports": [[item.low, item.high] for item in connection.ports],
        "services": [
            {
                "protocol": service.protocol.value,
                "transports": [item.value for item in service.transports],
                "ports": [ports.low, ports.high] if ports else None,
            }
            for service, ports in connection.services
        ],
        "in_table": connection.in_table,
        "inferred": connection.inferred,
        "hosts": {"initiator": _hosts(row.initiator), "responder": _hosts(row.responder)},
        "patterns": list(row.responder.patterns),
        "direction": row.direction.value,
        "both_ways": flow.both_ways,
        "proxied": row.proxied,
        "order": connection.order or None,
        "step": flow.step,
        "purpose": flow.purpose,
        "source": list(flow.sources),
    }


def _hosts(end: End) -> list[str]:
    return [host.text for host in end.hosts]
