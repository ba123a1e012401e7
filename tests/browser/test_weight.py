"""What a page loads and what it may do: little, and nothing that is not the site's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
from conftest import site_pages

MOST_SITE_KB = 9_000  # with the handbook
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"\s+content="([^"]+)"')
OWN_STYLE = "404.html"  # shown at any address, where it finds no style sheet


def pages(site: Path) -> dict[str, str]:
    return {name: (site / name).read_text(encoding="utf-8") for name in site_pages()}


def test_every_page_has_a_strict_policy_and_nothing_inline(site: Path) -> None:
    for name, page in pages(site).items():
        policy = POLICY.search(page)
        assert policy, name
        assert policy[1].startswith("default-src 'none'"), name
        assert "script-src 'unsafe" not in policy[1]
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=\"", page), name
        assert name == OWN_STYLE or "<style" not in page, name


def test_the_site_has_no_waste(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_SITE_KB * 1000
    assert [path.name for path in files if path.suffix in {".map", ".ttf", ".otf"} or "fontawesome" in path.name] == []


def test_each_page_says_what_it_is_about(site: Path) -> None:
    for name, page in pages(site).items():
        if "/" in name or name == "index.html":
            assert re.search(r'<meta name="description" content="[^"]{20,}"', page), name
            assert '<meta property="og:title"' in page
        title = re.search(r"<title>(.*?)</title>", page)
        assert title
        first, _, rest = title[1].partition(" — ")
        assert first != rest


def test_programs_find_the_facts_and_the_pages(site: Path) -> None:
    facts = json.loads((site / "facts.json").read_text(encoding="utf-8"))
    schema = json.loads((site / facts.pop("$schema")).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(facts)
    text = (site / "llms.txt").read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([^)]+)\)", text)
    assert [target for target in linked if not (site / target).is_file()] == []
    assert {"facts.json", "reference/flows.html"} <= {*linked}
