"""
Graphviz in this process, else as the program ``dot``.

The first choice is the set of C libraries inside the pygraphviz wheel, called through ctypes: it needs
no system package and gives the same bytes on every machine. Where those cannot be loaded, a ``dot`` on
PATH is used; it may place things differently, so pictures that are committed are made with the first.

``import pygraphviz`` would need glib and X11, and fonts of the machine would change the layout. The five
libraries loaded here need only libc, the C++ runtime, expat and zlib. Without pango, Graphviz would guess
text widths and count bytes; a text layout plugin of our own measures the bundled fonts instead.

The structs below are those of Graphviz 14, and bytes must not depend on the machine: both the wheel and
the library have to be exactly the pinned version, or this module refuses them. Source of the structs:
Graphviz's headers gvplugin.h, gvplugin_textlayout.h and textspan.h; the tests show that they fit the
pinned version, by measuring what comes out.
"""

from __future__ import annotations

import ctypes as c
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import graphviz

from .metrics import Face

Format = Literal["svg", "json", "dot"]

WHEEL = "2.0.4"
GRAPHVIZ = "14.1.5"
REPAIR = f"`pip install pygraphviz=={WHEEL}`, or install Graphviz so that `dot` is on PATH"

_lock = threading.RLock()  # the C libraries keep global state

_LINE = 1.35  # line height in font sizes: circled digits are taller than letters
_BASELINE = _LINE / 2 + 0.36  # from the top of a line; puts capitals and digits in its middle
_BOLD, _ITALIC = 1, 2  # bits of the font flags, from <b> and <i> in HTML-like labels
_TEXT_LAYOUT = 2  # API_textlayout


class EngineError(RuntimeError):
    """No Graphviz could be used, or it refused the text it was given."""


def draw(dot: str, fmt: Format = "svg", *, placed: bool = False) -> bytes:
    """
    Lay out DOT text with the first engine that works on this machine.

    Args:
        dot: One graph. In process, every font must be a bundled one (see `metrics`).
        fmt: ``"svg"``, ``"json"`` (DOT's attributes with every drawing step) or ``"dot"`` (the
            text with positions).
        placed: Every node, edge and cluster has its place already, in ``pos`` and ``bb``.

    Returns:
        The output as Graphviz writes it, in UTF-8; lengths are points.

    Raises:
        EngineError: Graphviz refused the text, or warned of it; the message is Graphviz's own.
            Or there is no engine; the message gives both reasons and the repair.
    """
    with _lock:
        return _engine().draw(dot, fmt, placed)


def engine_name() -> str:
    """
    Return which engine draws: ``"Graphviz 14.1.5 in process"`` or ``"dot 2.43.0 on PATH"``.

    Raises:
        EngineError: There is none; the message gives both reasons and the repair.
    """
    with _lock:
        return _engine().name


@cache
def _engine() -> Library | Program:
    """Build the engine on first use; a failure is not remembered, so that a repair helps."""
    try:
        return Library()
    except EngineError as first:
        try:
            return Program()
        except EngineError as second:
            raise EngineError(f"no Graphviz: {first}; {second}; {REPAIR}") from first


class Program:
    """The ``dot`` on PATH. Building it raises EngineError if there is none."""

    def __init__(self) -> None:
        try:
            version = graphviz.version()
        except (graphviz.ExecutableNotFound, graphviz.CalledProcessError, OSError) as error:  # a browser starts nothing
            raise EngineError(f"dot: {error}") from error
        self.name = f"dot {'.'.join(map(str, version))} on PATH"

    def draw(self, dot: str, fmt: Format, placed: bool = False) -> bytes:
        """Pipe *dot* through the program. Its warnings are dropped: they are about the machine's fonts."""
        engine, keep = ("neato", 2) if placed else ("dot", None)
        try:
            return bytes(graphviz.pipe(engine, fmt, dot.encode(), neato_no_op=keep, quiet=True))
        except graphviz.CalledProcessError as error:
            raise EngineError(f"graphviz: {error.stderr.decode(errors='replace').strip()}") from error


def _struct(*fields: tuple[Any, ...]) -> Any:
    """A struct of C: each field has a name, a type and, in a bit field, a number of bits."""
    return type("Struct", (c.Structure,), {"_fields_": fields})


_text, _address = c.c_char_p, c.c_void_p
_Point = _struct(("x", c.c_double), ("y", c.c_double))
_Font = _struct(
    *(("name", _text), ("color", _text), ("postscript_alias", _address), ("size", c.c_double)),
    *(("flags", c.c_uint, 7), ("count", c.c_uint, 25)),
)
_Span = _struct(
    *(("str", _text), ("font", c.POINTER(_Font)), ("layout", _address), ("free_layout", _address)),
    *(("yoffset_layout", c.c_double), ("yoffset_centerline", c.c_double), ("size", _Point), ("just", c.c_char)),
)
_Measure = c.CFUNCTYPE(c.c_bool, c.POINTER(_Span), c.POINTER(_text))
_Report = c.CFUNCTYPE(c.c_int, _text)
_TextLayout = _struct(("textlayout", _Measure))
_Installed = _struct(
    *(("id", c.c_int), ("type", _text), ("quality", c.c_int), ("engine", _address), ("features", _address))
)
_Api = _struct(("api", c.c_int), ("types", c.POINTER(_Installed)))
_Plugin = _struct(("packagename", _text), ("apis", c.POINTER(_Api)))
_Symbol = _struct(("name", _text), ("address", _address))


class Library:
    """
    Graphviz in this process. Not safe for threads: the caller holds a lock.

    Building it raises EngineError with the reason if the libraries are missing, do not load or
    are of another version.
    """

    def __init__(self) -> None:
        libraries = _libraries()
        self._cgraph, self._gvc = _load(libraries, "cgraph"), _load(libraries, "gvc")
        plugins = [_load(libraries, f"gvplugin_{name}") for name in ("core", "dot_layout", "neato_layout")]
        _declare(self._cgraph, self._gvc)
        self._troubles: list[str] = []
        # Everything that C keeps an address of must live as long as the engine.
        self._report = _Report(self._note)
        self._measure = _Measure(self._size)
        self._plugin = _text_plugin(self._measure)
        self._symbols = (_Symbol * 5)(
            _symbol(plugins[0], "gvplugin_core_LTX_library"),
            _symbol(plugins[1], "gvplugin_dot_layout_LTX_library"),
            _symbol(plugins[2], "gvplugin_neato_layout_LTX_library"),
            _Symbol(b"gvplugin_dotpicture_LTX_library", c.addressof(self._plugin)),
        )
        self._context = self._gvc.gvContextPlugins(self._symbols, 0)
        version = self._gvc.gvcVersion(self._context).decode()
        if version != GRAPHVIZ:
            raise EngineError(f"pygraphviz wheel: holds Graphviz {version}; needed: {GRAPHVIZ}")
        self.name = f"Graphviz {version} in process"

    def draw(self, dot: str, fmt: str, placed: bool = False) -> bytes:
        """
        Lay *dot* out and write it as *fmt*. Any word of Graphviz's, even a warning, raises.

        A few warnings, such as of an unknown shape, Graphviz gives only once in a process.
        """
        with self._reports():
            graph = self._cgraph.agmemread(dot.encode())
            if not graph:
                raise self._refusal("no graph in the text")
            try:
                output = self._render(graph, fmt, b"nop2" if placed else b"dot")
            finally:
                self._gvc.gvFreeLayout(self._context, graph)
                self._cgraph.agclose(graph)
            if self._troubles:
                raise self._refusal("")
        return output

    def _render(self, graph: int, fmt: str, engine: bytes) -> bytes:
        if self._gvc.gvLayout(self._context, graph, engine):
            raise self._refusal("layout failed")
        data, size = c.c_void_p(), c.c_size_t()
        if self._gvc.gvRenderData(self._context, graph, fmt.encode(), c.byref(data), c.byref(size)):
            raise self._refusal(f"no output as {fmt!r}")
        try:
            return c.string_at(data, size.value)
        finally:
            self._gvc.gvFreeRenderData(data)

    @contextmanager
    def _reports(self) -> Iterator[None]:
        """Collect what Graphviz reports; else it would land on the process's stderr."""
        self._troubles.clear()
        previous = self._cgraph.agseterrf(c.cast(self._report, c.c_void_p))
        try:
            yield
        finally:
            self._cgraph.agseterrf(previous)

    def _note(self, piece: bytes) -> int:
        self._troubles.append(piece.decode(errors="replace"))
        return 0

    def _refusal(self, otherwise: str) -> EngineError:
        """Graphviz's own words; it reports level, colon and text in pieces."""
        return EngineError(f"graphviz: {''.join(self._troubles).strip() or otherwise}")

    def _size(self, pointer: Any, _fontpath: Any) -> bool:
        """
        Give Graphviz the size of one line of text.

        An exception cannot cross C, so it is noted as Graphviz's own troubles are.
        """
        span = pointer.contents
        font = span.font.contents
        try:
            face = Face.named(font.name.decode())
            bold, italic = face.bold or font.flags & _BOLD, face.italic or font.flags & _ITALIC
            width = Face(face.family, bool(bold), bool(italic)).width(span.str.decode(), font.size)
        except (LookupError, UnicodeError) as error:
            self._troubles.append(f"{error.args[0]}\n")
            width = 0.0
        span.size.x, span.size.y = width, font.size * _LINE
        # A plain label is set one font size below the top of the line, less the second offset; an
        # HTML-like one, whose font has a colour, at the first. One of several styles heeds
        # neither and comes out too high: better give each style its own cell and write bold as
        # FACE="Inter Bold".
        html = font.color is not None
        span.yoffset_layout = font.size * _BASELINE
        span.yoffset_centerline = 0.0 if html else font.size * (1 - _BASELINE)
        span.layout = span.free_layout = None
        return True


def _libraries() -> dict[str, Path]:
    """
    The wheel's shared libraries by their plain name, such as ``gvc``.

    Linux wheels keep them in ``pygraphviz.libs`` as ``libgvc-<hash>.so.7``. macOS wheels use
    ``pygraphviz/.dylibs`` and Windows wheels plain ``.dll`` names by the conventions of their
    build tools; those two could not be tried, and a miss there only means the fallback.
    """
    package = find_spec("pygraphviz")
    if package is None or package.origin is None:
        raise EngineError("pygraphviz wheel: not installed")
    site = Path(package.origin).parents[1]
    if not (site / f"pygraphviz-{WHEEL}.dist-info").is_dir():  # importlib.metadata takes a tenth of a command's time
        found = ", ".join(path.name for path in site.glob("pygraphviz-*.dist-info")) or "no version"
        raise EngineError(f"pygraphviz wheel: found {found}; needed: {WHEEL}")
    places = (site / folder for folder in ("pygraphviz.libs", "pygraphviz/.dylibs"))
    files = sorted(file for place in places if place.is_dir() for file in place.iterdir())
    matches = ((re.match(r"(?:lib)?(\w+)[-.]", file.name), file) for file in files)
    return {match[1]: file for match, file in matches if match}


def _load(libraries: dict[str, Path], name: str) -> c.CDLL:
    if name not in libraries:
        raise EngineError(f"pygraphviz wheel: holds no library {name!r}")
    try:
        return c.CDLL(str(libraries[name]))
    except OSError as error:
        raise EngineError(f"pygraphviz wheel: {error}") from error


def _declare(cgraph: c.CDLL, gvc: c.CDLL) -> None:
    """Tell ctypes the signatures; pointers would otherwise be cut to 32 bits."""
    signatures: tuple[tuple[Callable[..., Any], Any, tuple[Any, ...]], ...] = (
        (cgraph.agseterrf, _address, (_address,)),
        (cgraph.agmemread, _address, (_text,)),
        (cgraph.agclose, c.c_int, (_address,)),
        (gvc.gvContextPlugins, _address, (_address, c.c_int)),
        (gvc.gvcVersion, _text, (_address,)),
        (gvc.gvLayout, c.c_int, (_address, _address, _text)),
        (gvc.gvRenderData, c.c_int, (_address, _address, _text, c.POINTER(_address), c.POINTER(c.c_size_t))),
        (gvc.gvFreeRenderData, None, (_address,)),
        (gvc.gvFreeLayout, c.c_int, (_address, _address)),
    )
    for function, result, arguments in signatures:
        function.restype, function.argtypes = result, arguments  # type: ignore[attr-defined]


def _text_plugin(measure: Any) -> Any:
    """A plugin library with one text layout engine; ctypes keeps its parts alive with it."""
    engine = _TextLayout(measure)
    types = (_Installed * 2)(_Installed(0, b"textlayout", 100, c.cast(c.pointer(engine), c.c_void_p), None))
    apis = (_Api * 2)(_Api(_TEXT_LAYOUT, types))
    return _Plugin(b"dotpicture", apis)


def _symbol(plugin: c.CDLL, name: str) -> Any:
    return _Symbol(name.encode(), c.addressof(c.c_char.in_dll(plugin, name)))
