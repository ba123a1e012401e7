"""
The end of a build: the site keeps only what its pages use.

Themes and extensions ship styles, scripts, icons, translations and source maps for every book there could be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

STATIC = "_static"
_KEPT = ".txt"  # licences
_LICENCE = ".LICENSE.txt"  # behind the name of the script that it is for
_TEXT = (".css", ".js", ".html")
_MAP = re.compile(r"/[/*]# sourceMappingURL=\S+(?:\s*\*/)?\s*")
_ATTRIBUTE = re.compile(r'\b(?:class|id)="([^"]*)"')
_WORD = re.compile(r"[\w-]+")
_CLASS = re.compile(r"\.((?:\\.|[\w-])+)")
_NOT = re.compile(r":not\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\]")
_PROPERTY = re.compile(r"([{;]\s*)(--[\w-]+)\s*:(?:[^;{}\"']|\"[^\"]*\"|'[^']*')*;?")
_READ = re.compile(r"(?:var\(\s*|[\"'`])(--[\w-]+)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_GROUPS = ("@media", "@supports", "@layer", "@container")
_ICONS = "Awesome"  # the icon font of the theme; site.css draws the few icons there are


def trim(app: Sphinx, exception: Exception | None) -> None:
    """Cut style sheets to the rules that a page can use, then remove each file that nothing names."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / STATIC
    for path in sorted(static.rglob("*.js")):
        path.write_text(_MAP.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    pages = [path.read_text(encoding="utf-8") for path in sorted(out.rglob("*.html")) if static not in path.parents]
    scripts = [path.read_text(encoding="utf-8") for path in static.rglob("*.js")]
    words = {word for page in pages for names in _ATTRIBUTE.findall(page) for word in names.split()}
    words.update(word for script in scripts for word in _WORD.findall(script))
    sheets = sorted(static.rglob("*.css"))
    for path in sheets:
        path.write_text(used_rules(_COMMENT.sub("", path.read_text(encoding="utf-8")), words), encoding="utf-8")
    drop_unread(sheets, "".join([*pages, *scripts]))
    for path in unnamed(static, pages):
        path.unlink()
        path.with_name(f"{path.name}{_LICENCE}").unlink(missing_ok=True)
    for folder in sorted((path for path in static.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def drop_unread(sheets: list[Path], elsewhere: str) -> None:
    """Take properties out of style sheets that neither a rule nor *elsewhere* reads, until there are none."""
    texts = {path: path.read_text(encoding="utf-8") for path in sheets}
    before: dict[Path, str] = {}
    while before != texts:
        before = texts
        read = {*_READ.findall("".join([*texts.values(), elsewhere]))}
        texts = {path: _without_unread(text, read) for path, text in texts.items()}
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")


def _without_unread(css: str, read: set[str]) -> str:
    """
    A style sheet with the custom properties in *read* only.

    >>> _without_unread("a{--no:1;--yes:2;b:var(--yes)}", {"--yes"})
    'a{--yes:2;b:var(--yes)}'
    """
    return _PROPERTY.sub(lambda found: found[0] if found[2] in read else found[1], css)


def unnamed(static: Path, pages: list[str]) -> list[Path]:
    """Files below *static* whose names are in no page, and in no style sheet or script that one leads to."""
    left, waiting = {path for path in static.rglob("*") if path.is_file() and path.suffix != _KEPT}, [*pages]
    while waiting:
        text = waiting.pop()
        for path in sorted(path for path in left if path.name in text):
            left.remove(path)
            if path.suffix in _TEXT:
                waiting.append(path.read_text(encoding="utf-8"))
    return sorted(left)


def used_rules(css: str, words: set[str]) -> str:
    """
    The rules of a style sheet that can meet an element.

    A selector is left out if it asks for a class that is not among *words*; one for tags alone always stays.

    >>> used_rules("a{b:c}.no a{b:c}@media print{.no{b:c}.yes,.no{b:c}}", {"yes"})
    'a{b:c}@media print{.yes{b:c}}'
    """
    out = []
    for head, body in _rules(css):
        if head.startswith(_GROUPS):
            if inner := used_rules(body, words):
                out.append(f"{head}{{{inner}}}")
        elif head.startswith("@"):
            if not (head == "@font-face" and _ICONS in body):
                out.append(f"{head}{{{body}}}" if body else head)
        elif kept := [one for one in _selectors(head) if _can_meet(one, words)]:
            out.append(f"{','.join(kept)}{{{body}}}")
    return "".join(out)


def _can_meet(selector: str, words: set[str]) -> bool:
    return all(name.replace("\\", "") in words for name in _CLASS.findall(_NOT.sub("", selector)))


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """What is before each pair of outer braces, and what is between them; nothing is for a line such as ``@import``."""
    start = at = 0
    while at < len(css):
        char = css[at]
        if char in "\"'":
            at = _after_string(css, at)
        elif char == ";":
            yield css[start : at + 1].strip(), ""
            start = at = at + 1
        elif char == "{":
            end = _closing(css, at)
            yield css[start:at].strip(), css[at + 1 : end]
            start = at = end + 1
        else:
            at += 1


def _closing(css: str, at: int) -> int:
    depth = 0
    while at < len(css):
        if css[at] in "\"'":
            at = _after_string(css, at)
            continue
        depth += {"{": 1, "}": -1}.get(css[at], 0)
        if not depth:
            break
        at += 1
    return at


def _after_string(css: str, at: int) -> int:
    end = at + 1
    while css[end] != css[at]:
        end += 2 if css[end] == "\\" else 1
    return end + 1


def _selectors(head: str) -> Iterator[str]:
    """The parts of a list of selectors, which may have lists of their own in brackets."""
    depth, start = 0, 0
    for at, char in enumerate(head):
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(char, 0)
        if char == "," and not depth:
            yield head[start:at].strip()
            start = at + 1
    yield head[start:].strip()
