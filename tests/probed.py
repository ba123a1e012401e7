"""A site of a few servers, and the document of a probe of it that was never made."""

from __future__ import annotations

from typing import Any

from sitefiles import planned, site_text

from cmgdocs.facts.ids import CONNECTION_POINT
from cmgdocs.facts.model import Seen
from cmgdocs.probe.judge import judge
from cmgdocs.probe.targets import targets
from cmgdocs.probe.tried import Status, Tried
from cmgdocs.views.documents import probe_data

HOSTS = {
    "cmg": "contoso.westeurope.cloudapp.azure.com",
    "connection-point": ["10.0.1.5", "cp2.corp.example"],
    "management-point": "10.0.1.6",
    "site-server": "10.0.1.4",
}
SITE = site_text(HOSTS, configmgr="2509", instances=2)
PLAN = planned(SITE)


def probed(said: str = "seen", site: str = "site") -> Any:
    """The document of a probe in which the first trial fails, the second decides nothing, and the others work."""
    listed = targets(PLAN, CONNECTION_POINT)
    ends = [(Status.FAILS, Seen.REFUSED), (Status.UNDECIDED, None), *[(Status.WORKS, None)] * len(listed.tried)]
    tried = (Tried(target, "", *end, said) for target, end in zip(listed.tried, ends, strict=False))
    return probe_data(judge(PLAN, listed, [*tried]), {}) | {"site": site}
