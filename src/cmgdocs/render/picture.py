"""A diagram in the form that is asked for: DOT, SVG, PNG or PDF."""

from __future__ import annotations

from html import escape

from dotpicture import Link, draw, finish, pdf, png

from ..errors import UnknownId, printable
from ..views.diagram import Diagram
from .dot import dot, name
from .place import placed
from .style import dark_css

FORMATS = ("svg", "png", "pdf", "dot")
# A page has its own background; a file alone has to bring the dark one with it.
_DARK_PAGE = ".graph>polygon{fill:#0D1117}\n.cluster>polygon,.cluster>path{fill:none}\n"


def svg(
    diagram: Diagram,
    *,
    prefix: str = "",
    standalone: bool = False,
    fixed: bool = False,
    narrow: bool = False,
    link: Link = str,
) -> str:
    """
    Draw *diagram* as one ``<svg>`` element with title and description.

    *prefix* makes its ids unique on a page. A standalone one brings its dark colours and the widths
    of its texts with it, a *fixed* one the widths alone, for a page without our fonts; on a page of the site both come
    from the page's own style sheet. A *narrow* one is for phones.
    """
    return finish(
        draw(placed(diagram, narrow=narrow), placed=True),
        title=printable(diagram.title),
        description=printable(diagram.description),
        prefix=prefix or name(diagram.id),
        dark=_DARK_PAGE + dark_css() if standalone else "",
        standalone=standalone or fixed,
        link=link,
    )


def on_page(diagram: Diagram, prefix: str, link: Link, *, fixed: bool = False) -> str:
    """
    Draw *diagram* for a page, wide and for phones; the style sheet of the site chooses, elsewhere the wide one is seen.

    A *fixed* one is for a page without our fonts.
    """
    wide, slim = (
        svg(diagram, prefix=f"{prefix}{'-narrow' * narrow}", narrow=narrow, link=link, fixed=fixed)
        for narrow in (False, True)
    )
    label = escape(f"{diagram.title}, scrolls sideways where it is wider than the page")
    box = f'<div class="cmg-diagram" role="region" tabindex="0" aria-label="{label}">{wide}</div>'
    slim = f'<div class="cmg-narrow" style="display: none">{slim}</div>'
    return f'<div class="cmg-picture" data-title="{escape(diagram.title)}">{box}{slim}</div>'


def picture(diagram: Diagram, form: str) -> bytes:
    """Draw *diagram* as a file of the form *form*; :class:`UnknownId` where there is no such form."""
    if form not in FORMATS:
        raise UnknownId("format of pictures", form, FORMATS)
    if form == "dot":
        return dot(diagram).encode()
    alone = svg(diagram, standalone=True, link=lambda _: None)
    return {"svg": lambda: alone.encode(), "png": lambda: png(alone), "pdf": lambda: pdf(alone)}[form]()
