"""From views to things people see: DOT text, drawings, tables, sentences and files."""
