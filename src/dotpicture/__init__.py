"""
DOT text to SVG, PNG and PDF, with Graphviz from a wheel and bundled fonts: the same bytes on every machine.

    >>> from dotpicture import draw, finish, pdf, png
    >>> dot = 'digraph { node [fontname=Inter shape=box]; a -> b [id=call] }'
    >>> svg = finish(draw(dot), title="Two steps", description="a calls b.", prefix="steps", standalone=True)
    >>> svg[:4], png(svg)[1:4], pdf(svg)[:4]
    ('<svg', b'PNG', b'%PDF')

Fonts are the bundled ones, Inter and JetBrains Mono; colours and classes are those of the DOT text.
"""

from .engine import REPAIR, EngineError, draw, engine_name
from .metrics import FONTS, Face
from .paper import pdf, png
from .svg import Link, finish, size_pt

__all__ = ["FONTS", "REPAIR", "EngineError", "Face", "Link", "draw", "engine_name", "finish", "pdf", "png", "size_pt"]
