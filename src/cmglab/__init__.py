"""
The lab: the five steps of the gateway played on real sockets, with real TLS and certificates made for the run.

It shows that the article agrees with itself and that what was planned is enough; it does not show what Microsoft's
product does. Where the product's way is not documented, the lab's is an invention, and the docstrings say so.
Needs the extra ``lab``: h11 speaks HTTP, trustme makes certificates.
"""

from __future__ import annotations

from cmgdocs.errors import MissingExtra

try:
    import h11 as h11
    import trustme as trustme
except ModuleNotFoundError as error:
    raise MissingExtra("lab", error.name) from None

from .network import Loopback as Loopback
from .network import Network as Network
from .observation import FailedDial as FailedDial
from .observation import Observation as Observation
from .observation import TraceEvent as TraceEvent
from .play import play as play
from .play import run as run
from .stage import Stage as Stage
