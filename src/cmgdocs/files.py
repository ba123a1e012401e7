"""Reading files of a bounded size, and writing them so that a reader never finds half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import CmgdocsError, Fault, OutputError, SiteError


def read(path: Path, most: int, folder: str = "name a file") -> bytes:
    """
    Read a file of at most *most* bytes; *folder* says what to name in the place of one.

    Raises:
        SiteError: What it is instead, or why it cannot be read.
    """
    try:
        if path.is_dir():
            reason = f"is a folder; {folder}"
        else:
            with path.open("rb") as file:
                content = file.read(most + 1)
            if len(content) <= most:
                return content
            reason = f"has more than {most:,} bytes"
    except (OSError, ValueError) as error:
        reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    raise SiteError([Fault(str(path), reason)])


def write(path: Path, content: bytes) -> None:
    """Write *content* to *path* as :func:`replacing` does."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """
    Give a file to write to; at the end it is put in the place of what was there, after an error it is thrown away.

    A link goes on pointing to its file, and a file that was there keeps its mode.

    Raises:
        OutputError: The folder is missing or the place cannot be written; what was there is untouched.
            A device, pipe or socket is refused: replacing it would take ``/dev/null`` from the machine.
    """
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: is a device, pipe or socket; name an ordinary file")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first")
    place, beside = Path(os.path.realpath(path)), ""
    try:
        handle, beside = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:40]}-")
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(beside).chmod(place.stat().st_mode & 0o777 if place.exists() else 0o666 & ~_umask())
        Path(beside).replace(place)
        beside = ""
    except OSError as error:
        if isinstance(error, CmgdocsError):
            raise
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        if beside:
            Path(beside).unlink(missing_ok=True)


def _umask() -> int:
    """The process's mask for new files, which can be read only by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
