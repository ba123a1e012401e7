"""Text widths, and the two engines: in process from the wheel, else a `dot` on PATH."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from dotpicture import EngineError, Face, draw, engine, engine_name
from dotpicture.metrics import MISSING_EM

DOT = (
    "digraph { node [fontname=Inter shape=box]; edge [fontname=Inter]; "
    'a [label="Gäste & <mehr>"]; a -> b [label="F01 → 443"] }'
)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Let the engine be chosen anew in the test, and again after it."""
    engine._engine.cache_clear()
    yield
    engine._engine.cache_clear()


@pytest.fixture
def no_wheel(forgotten: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the wheel's libraries unusable."""
    monkeypatch.setattr(engine, "WHEEL", "0.0")


def python(code: str, **environment: str) -> bytes:
    """Run code in a new Python that knows no environment but the given one."""
    source = str(Path(engine.__file__).parents[1])
    command = [sys.executable, "-c", code]
    variables = {"PYTHONPATH": source, **environment}
    done = subprocess.run(command, env=variables, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout


# Text widths


@pytest.mark.parametrize(
    ("face", "per_em", "advances"),
    [  # table hmtx of the bundled files, as fontTools shows it
        (Face("Inter"), 2816, {"A": 1904, "i": 668, " ": 792, "→": 2688}),
        (Face("Inter", bold=True), 2816, {"A": 2106, "i": 766, " ": 653}),
        (Face("Inter", italic=True), 2816, {"A": 1904, "–": 1408}),
        (Face("JetBrains Mono"), 1000, {"A": 600, "i": 600}),
        (Face("JetBrains Mono", bold=True), 1000, {"W": 600}),
    ],
    ids=str,
)
def test_width_is_the_advance_in_the_font(face: Face, per_em: int, advances: dict[str, int]) -> None:
    for char, advance in advances.items():
        assert face.width(char, per_em) == pytest.approx(advance)


def test_width_adds_up_and_scales() -> None:
    """Adding up fractions would give another number from Python 3.12 on, where the built-in sum is more exact."""
    assert Face("Inter").width("", 11) == 0
    assert Face("Inter").width("Ai →" * 99, 8.5) == 99 * (1904 + 668 + 792 + 2688) * 8.5 / 2816


def test_missing_character_is_taken_as_wide() -> None:
    assert Face("Inter").width("漢\U0001f512", 10) == 2 * MISSING_EM * 10
    assert not Face("Inter").has("漢")


@pytest.mark.parametrize("face", [Face("Arial"), Face("JetBrains Mono", italic=True)], ids=str)
def test_unknown_font_is_refused(face: Face) -> None:
    with pytest.raises(LookupError, match=rf"no font '{face}'; available: Inter, Inter bold,"):
        face.width("x", 11)


def test_font_name_holds_the_style() -> None:
    assert Face.named("Inter Bold") == Face("Inter", bold=True)
    assert Face.named("Inter Italic") == Face("Inter", italic=True)
    assert Face.named("JetBrains Mono") == Face("JetBrains Mono")


# In process


def test_in_process_needs_nothing_of_the_machine(tmp_path: Path) -> None:
    code = "from dotpicture import engine_name; print(engine_name())"
    assert python(code, PATH="", HOME=str(tmp_path)) == b"Graphviz 14.1.5 in process\n"


def test_same_bytes_whatever_the_machine_has(tmp_path: Path) -> None:
    code = f"import sys; from dotpicture import draw; sys.stdout.buffer.write(draw({DOT!r}))"
    other = python(code, PATH="", HOME=str(tmp_path), LC_ALL="C", FONTCONFIG_FILE="/none", PYTHONHASHSEED="7")
    assert other.replace(b"\r\n", b"\n") == draw(DOT)


@pytest.mark.parametrize(
    ("label", "width"),
    [
        ('"HTTPS 443"', Face("Inter").width("HTTPS 443", 14)),
        ("<<b>HTTPS 443</b>>", Face("Inter", bold=True).width("HTTPS 443", 14)),
        ("<<i>HTTPS 443</i>>", Face("Inter", italic=True).width("HTTPS 443", 14)),
        ('<<font face="JetBrains Mono">x</font>>', Face("JetBrains Mono").width("x", 14)),
        ('"Gäste &amp; → 漢"', Face("Inter").width("Gäste & → 漢", 14)),
    ],
)
def test_node_is_as_wide_as_its_text(label: str, width: float) -> None:
    graph = json.loads(draw(f"digraph {{ a [fontname=Inter shape=box width=0 margin=0 label={label}] }}", "json"))
    assert float(graph["objects"][0]["width"]) * 72 == pytest.approx(width, abs=0.01)


@pytest.mark.parametrize("size", [8.5, 11, 28])
@pytest.mark.parametrize(
    "label",
    [
        '"one"',
        "<one>",
        '<<font face="Inter Bold">one</font>>',
        '<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr><td>one</td>'
        '<td><font face="Inter Bold">two</font></td></tr></table>>',
    ],
    ids=["plain", "HTML-like", "bold", "cells"],
)
def test_capitals_sit_in_the_middle_of_every_kind_of_label(label: str, size: float) -> None:
    node = f"a [fontname=Inter fontsize={size} shape=plain label={label}]"
    (drawn,) = json.loads(draw(f"digraph {{ {node} }}", "json"))["objects"]
    middle = float(drawn["height"]) * 72 / 2
    baselines = [step["pt"][1] for step in drawn["_ldraw_"] if step["op"] == "T"]
    capital = 2048 / 2816  # height, table OS/2
    assert baselines == pytest.approx([middle - size * capital / 2] * len(baselines), rel=0.05)


@pytest.mark.parametrize(
    ("dot", "message"),
    [
        ("digraph { a -> }", "graphviz: Error: syntax error in line 1 near '}'"),
        ("", "graphviz: no graph in the text"),
        ("digraph { a }", "graphviz: no font 'Times-Roman'; available: Inter, Inter bold,"),
        (DOT.replace("a -> b", "a:x -> b"), "graphviz: Warning: node a, port x unrecognized"),
        ("digraph { a [fontname=Inter label=<<b>x>] }", "graphviz: Error: mismatched tag"),
    ],
)
def test_refusal_has_graphviz_words(dot: str, message: str, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        with pytest.raises(EngineError) as caught:
            draw(dot)
        assert str(caught.value).startswith(message)
    assert capfd.readouterr() == ("", "")


def test_refusal_leaves_no_trace() -> None:
    before = draw(DOT)
    for dot in ("digraph { a -> }", "digraph { a }"):
        with pytest.raises(EngineError):
            draw(dot)
    assert draw(DOT) == before


def test_threads_take_turns() -> None:
    expected, results = draw(DOT), []
    threads = [threading.Thread(target=lambda: results.append([draw(DOT) for _ in range(20)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[expected] * 20] * 8


# Fallback


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a stand-in for `dot` on PATH: it knows its version and refuses the word "bad"."""
    if os.name == "nt":
        pytest.skip("the stand-in is a shell script")
    script = tmp_path / "dot"
    script.write_text(
        '#!/bin/sh\nif [ "$1" = -V ]; then echo "dot - graphviz version 2.43.0 (0)" >&2; exit; fi\n'
        "read text\n"
        'case $text in *bad*) echo "Error: syntax error" >&2; exit 1;; esac\n'
        'echo "Pango-WARNING: no such font" >&2; echo "$1 $2: $text"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_wheel", "program")
def test_without_the_wheel_the_program_draws(capfd: pytest.CaptureFixture[str]) -> None:
    assert engine_name() == "dot 2.43.0 on PATH"
    assert draw("digraph {}", "json") == b"-Kdot -Tjson: digraph {}\n"
    with pytest.raises(EngineError, match=r"^graphviz: Error: syntax error$"):
        draw("bad")
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_wheel")
def test_without_either_both_reasons_and_the_repair_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for use in (engine_name, lambda: draw("digraph {}")):
        with pytest.raises(EngineError) as caught:
            use()
        text = str(caught.value)
        assert text.startswith("no Graphviz: pygraphviz wheel: found pygraphviz-2.0.4.dist-info; needed: 0.0; dot: ")
        assert text.endswith(engine.REPAIR)


def test_missing_wheel_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"^pygraphviz wheel: not installed$"):
        engine.Library()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([], "pygraphviz wheel: holds no library 'cgraph'"),
        (["libcgraph-1.so", "libgvc-1.so"], "pygraphviz wheel: .*libcgraph-1.so"),
    ],
    ids=["absent", "broken"],
)
def test_unusable_library_is_a_reason(
    files: list[str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"pygraphviz-{engine.WHEEL}.dist-info").mkdir()
    libraries = tmp_path / "pygraphviz.libs"
    libraries.mkdir()
    for name in files:
        (libraries / name).write_bytes(b"not a library")
    package = ModuleSpec("pygraphviz", None, origin=str(tmp_path / "pygraphviz" / "__init__.py"))
    monkeypatch.setattr(engine, "find_spec", lambda name: package)
    with pytest.raises(EngineError, match=reason):
        engine.Library()


def test_other_graphviz_in_the_wheel_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "GRAPHVIZ", "15.0.0")
    with pytest.raises(EngineError, match=r"holds Graphviz 14\.1\.5; needed: 15\.0\.0"):
        engine.Library()
