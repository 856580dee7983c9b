"""How results look: the stable JSON, text for a terminal, and self-contained HTML reports."""
