# SPDX-License-Identifier: GPL-2.0-only
"""Tables and numbers, as Markdown has them."""


def table(head: list, rows: list, words: int = 1) -> str:
    """The first columns are words, the others numbers."""
    lines = ["| " + " | ".join(head) + " |",
             "|---" * words + "|---:" * (len(head) - words) + "|"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def number(value: float) -> str:
    """Three digits, whatever the size."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
