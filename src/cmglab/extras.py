"""What the lab needs beside the standard library: h11 speaks HTTP, trustme makes certificates."""

from __future__ import annotations

from cmgdocs.errors import MissingExtra

try:
    import h11 as h11
    import trustme as trustme
except ModuleNotFoundError as error:
    raise MissingExtra("lab", error.name) from None
