"""DOT text to SVG, PNG and PDF, with Graphviz from a wheel and bundled fonts: the same bytes on every machine."""
