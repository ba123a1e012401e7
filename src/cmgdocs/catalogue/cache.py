"""
The checked facts as they were last read, kept beside the fact files in the manner of byte code.

Reading and checking takes longer than all else that a command does, and gives the same system until
a file of facts changes, or the code that reads them. So the system is stored as a pickle, led by a
stamp of everything that it was made from (``book/decisions/quick-start.md``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

from .. import __version__
from ..model import System

_HERE = os.path.dirname(os.path.abspath(__file__))
_SUM = 4  # bytes of the checksum between stamp and pickle


def through(folder: str, read: Callable[[], System]) -> System:
    """
    Give the system that is kept for *folder*, else *read* it and keep it.

    Where nothing can be kept, because the place cannot be written or Python is told to write no
    byte code, it is read each time, without a word.
    """
    try:
        stamp, path = _stamp(folder), place(folder)
    except (OSError, NotImplementedError):  # no such folder; a Python that keeps no byte code
        return read()
    found = _kept(path, stamp)
    if found is None:
        found = read()
        _keep(found, path, stamp)
    return found


def place(folder: str) -> str:
    """Where Python would put the byte code of a module ``facts`` in *folder*, but for the ending."""
    home, name = os.path.abspath(folder), f"facts.{sys.implementation.cache_tag}.pickle"
    if sys.pycache_prefix is None:
        return os.path.join(home, "__pycache__", name)
    return os.path.join(sys.pycache_prefix, os.path.splitdrive(home)[1].lstrip(os.sep), name)


def _kept(path: str, stamp: bytes) -> System | None:
    """What is kept at *path*, or None if that is nothing, was made from other files, or is damaged."""
    import pickle
    from zlib import crc32

    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return None
    head, body = content[: len(stamp) + _SUM], content[len(stamp) + _SUM :]
    if head != stamp + crc32(body).to_bytes(_SUM):
        return None
    try:
        found = pickle.loads(body)
    except Exception:  # whatever it is, the files tell the same
        return None
    return found if isinstance(found, System) else None


def _keep(system: System, path: str, stamp: bytes) -> None:
    if sys.dont_write_bytecode:
        return
    import pickle
    from pathlib import Path
    from zlib import crc32

    from ..files import write

    body = pickle.dumps(system, pickle.HIGHEST_PROTOCOL)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(Path(path), stamp + crc32(body).to_bytes(_SUM) + body)
    except OSError:
        return


def _stamp(folder: str) -> bytes:
    """The package's version, and name, size and time of change of each file of facts and of code."""
    return repr((__version__, *_files(folder, ".toml"), *_CODE)).encode()


def _files(folder: str, ending: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.endswith(ending):
                state = entry.stat()
                yield entry.name, state.st_size, state.st_mtime_ns


def _code() -> tuple[tuple[str, int, int], ...]:
    try:
        return (*_files(os.path.dirname(_HERE), ".py"), *_files(_HERE, ".py"))
    except OSError:  # in an archive
        return ()


_CODE = _code()  # once, when this is imported: what changes later is not the code that runs here
