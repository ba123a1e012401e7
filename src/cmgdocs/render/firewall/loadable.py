"""What aerleon wrote, made safe to load: it adds and replaces nothing, and DNS names stand where stand-ins were."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .dialect import comment
from .names import ascii_text, shortened, unique, version_suffix
from .terms import Terms

ASA_NAME, ASA_REMARK = 64, 100  # letters, by Cisco's command reference


def _named(text: str, pattern: str, made: Terms, write: Callable[[str, re.Match[str]], str]) -> str:
    """The text with *write*'s result wherever *pattern*, whose last group is an address, holds a stand-in."""

    def replace(match: re.Match[str]) -> str:
        name = made.names.get(match[match.re.groups])
        return match[0] if name is None else write(name, match)

    return re.sub(pattern, replace, text)


def asa(text: str, lines: list[str], made: Terms) -> str:
    """Objects for names first; one remark for each rule; no ``clear``, no tags of a version control system."""
    used = {address: name for address, name in made.names.items() if f" host {address} " in f"{text} "}
    labels = unique(
        (f"{made.prefix}{name}{version_suffix(6 * (':' in address))}" for address, name in used.items()), ASA_NAME
    )
    objects = dict(zip(used, labels, strict=True))
    text = _named(text, r"\bhost (\S+)", made, lambda _, match: f"object {objects[match[1]]}")
    out = [f"! {line}" for line in lines]
    for address, label in objects.items():
        out += [f"object network {label}", f" fqdn {'v6' if ':' in address else 'v4'} {used[address]}"]
    return "\n".join([*out, *_asa_entries(text, made)]) + "\n"


def _asa_entries(text: str, made: Terms) -> Iterator[str]:
    """The lines of the access lists; of aerleon's two remarks for each term one for each rule."""
    rules = {term.name: term.rule for term in made.terms}
    said = None
    for line in text.splitlines():
        start, remark, words = line.partition(" remark ")
        if remark and words in rules and rules[words] is not said:
            said = rules[words]
            yield f"{start}{remark}{shortened(ascii_text(comment(said)), ASA_REMARK)}"
        elif line.startswith("access-list ") and not remark:
            yield line


def panos(text: str, lines: list[str], made: Terms) -> str:
    pattern = r"<ip-netmask>([^</]+)/(?:32|128)</ip-netmask>"
    text = _named(text, pattern, made, lambda name, _: f"<fqdn>{name}</fqdn>")
    declaration, _, rest = text.partition("\n")
    return "\n".join([declaration, "<!--", *lines, "-->", rest.rstrip()]) + "\n"


def junos(text: str, lines: list[str], made: Terms) -> str:
    """Statements to merge instead of ``replace:``."""
    indent = " " * 20
    pattern = r"(address \S+) ([0-9a-f.:]+)/(?:32|128);"
    text = _named(text, pattern, made, lambda name, m: f"{m[1]} {{\n{indent}dns-name {name};\n{indent[4:]}}}")
    text = re.sub(r"^ *\/\*\s*(?:\$\w+:\$\s*)*\*\/\n", "", text.replace("replace: ", ""), flags=re.MULTILINE)
    return "\n".join(["/*", *lines, "*/", text.rstrip()]) + "\n"


def fortios(text: str, lines: list[str], made: Terms) -> str:
    """New policies, which ``edit 0`` asks for, instead of numbered ones."""
    for pattern in (
        r"set type ipmask\n( *)set subnet (\S+) 255\.255\.255\.255\b",
        r"set type ipprefix\n( *)set ip6 (\S+)/128\b",
    ):
        text = _named(text, pattern, made, lambda name, m: f'set type fqdn\n{m[1]}set fqdn "{name}"')
    text = re.sub(r"^    edit [0-9]+$", "    edit 0", text, flags=re.MULTILINE)
    return "\n".join([*(f"# {line}" for line in lines), text.rstrip()]) + "\n"
