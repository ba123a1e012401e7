"""Reading files up to a size, their text and TOML, and writing them so that a reader never finds half of one."""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO

from .errors import CmgdocsError, Fault, NotRead, NotWritten, OutputError, SiteError

STANDARD_INPUT = Path("standard-input")
"""This very object names standard input; its name is that of the site that is read from there."""

MOST_JSON = 50_000_000  # bytes of a document that is read

_MISNAMED = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO, errno.EINVAL}

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_TWICE = re.compile("Cannot (declare|overwrite|mutate)")
_NAME = re.compile(r"\[{1,2}[^]]+]{1,2}|[^=]+(?==)")  # what a line of TOML gives: a table or a key


@contextmanager
def opened(path: Path, folder: str = "name a file") -> Iterator[BinaryIO]:
    """
    Open a file to read bytes, or standard input; *folder* says what to name in the place of a folder.

    Raises:
        SiteError: It is a folder, or there is no such file.
        NotRead: The system refused, now or while it is read.
    """
    own = path is not STANDARD_INPUT
    try:
        if own and path.is_dir():
            raise SiteError([Fault(str(path), f"is a folder; {folder}")])
        with open(path if own else 0, "rb", closefd=own) as file:
            yield file
    except (OSError, ValueError) as error:
        if isinstance(error, CmgdocsError):
            raise
        reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        if isinstance(error, OSError) and error.errno not in _MISNAMED:
            raise NotRead(f"{path}: {reason}") from None
        raise SiteError([Fault(str(path), reason)]) from None


def read(path: Path, most: int, folder: str = "name a file") -> bytes:
    """
    Read a file of at most *most* bytes; raises what :func:`opened` raises.

    Raises:
        SiteError: The file has more.
    """
    with opened(path, folder) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise SiteError([Fault(str(path), f"has more than {most:,} bytes")])
    return content


def decoded(content: bytes, file: str) -> str:
    """
    Decode the *content* of *file*, which is text.

    Raises:
        SiteError: It is not in UTF-8; the first line that is not.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SiteError([Fault(f"line {line}", "is not text in UTF-8", file)]) from None


def toml(text: str, file: str) -> dict[str, Any]:
    """
    Read the content of *file*, which is in TOML.

    Raises:
        SiteError: The first fault, with its line where that is known.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, lines = str(error), text.rstrip("\n").split("\n")
        at = _AT.search(said)
        number = int(at[1]) if at and at[1] else len(lines)
        given = lines[number - 1].strip()
        reason = f"{said[:1].lower()}{_AT.sub('', said)[1:]}{f' (column {at[2]})' if at and at[2] else ''}"
        what = f"found {given[:60]!r}; not valid TOML: {reason}"
        if _TWICE.match(said):
            name = _NAME.match(given)
            what = f"{repr(name[0].strip())[1:-1][:60] if name else 'a key'} is given twice; allowed: once"
        raise SiteError([Fault(f"line {number}", what, file)]) from None
    except RecursionError:
        what = "lists or tables are nested too deeply"
    except ValueError:
        what = "a number has thousands of digits"
    raise SiteError([Fault("", f"cannot be read as TOML: {what}", file)])


def read_json(path: Path) -> Any:
    """
    Read a document of JSON, in UTF-8, or in UTF-16 with the mark that Windows PowerShell writes for ``>``.

    Raises:
        SiteError: It is none; the first fault, with its line where that is known.
    """
    content = read(path, MOST_JSON)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        with suppress(UnicodeDecodeError):
            content = content.decode("utf-16").encode()
    text = decoded(content, str(path))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SiteError([Fault(f"line {error.lineno}", f"not valid JSON: {error.msg}", str(path))]) from None
    except RecursionError:
        raise SiteError([Fault("", "lists or objects are nested too deeply", str(path))]) from None


def write(path: Path, content: bytes) -> None:
    """
    Write *content* to a new file and put it in the place of *path*, so that nobody finds half a file.

    A link goes on pointing to its file, and a file that was there keeps its mode.

    Raises:
        OutputError: *path* is no ordinary file in a folder that exists. A device, pipe or socket is
            refused: replacing it would take ``/dev/null`` from the machine.
        NotWritten: The system refused; what was there is untouched.
    """
    if os.path.isdir(path):  # a method of the path would raise where the folder may not be searched
        raise OutputError(f"{path}: is a folder; name a file")
    if os.path.exists(path) and not path.is_file():
        raise OutputError(f"{path}: is a device, pipe or socket; name an ordinary file")
    if not path.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first")
    place = Path(os.path.realpath(path))
    draft = place.with_name(f".{place.name[:40]}-{token_hex(8)}")  # named before it is there, so that none is left
    try:
        with draft.open("xb") as file:
            if place.exists():
                draft.chmod(place.stat().st_mode & 0o777)
            file.write(content)
        draft.replace(place)
    except OSError as error:
        raise NotWritten(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            draft.unlink()
