"""
Alter what is committed, one way after the other, and demand that a test notices.

Usage: ``python scripts/mutate.py [PART [WORD ...]]``; the session ``mutate`` calls it. Without a part all of them
are tried. ``artefacts`` takes names of groups, ``code`` of packages, ``facts`` of files, ``prose`` of rules;
``sample`` in their place tries a few, the same ones in each run. Exit code 1: something was not noticed, or its repair
not named, without a reason on the list.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from mutants import artefacts, code, facts, prose

PARTS: dict[str, Callable[[Sequence[str]], bool]] = {
    "artefacts": artefacts.run,
    "code": code.run,
    "facts": facts.run,
    "prose": prose.run,
}


def main(words: Sequence[str]) -> int:
    """Run the part that the first of *words* names with the others, or every part."""
    if words and words[0] not in PARTS:
        print(f"mutate: found {words[0]}; allowed: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    try:
        held = [PARTS[name](words[1:]) for name in (words[:1] or PARTS)]
    except ValueError as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
