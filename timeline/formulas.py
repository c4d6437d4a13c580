"""Cells that a spreadsheet would take for a formula: held by an apostrophe going out, released coming in."""

import re

_UNSEEN = r"\s\x00-\x1f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_BEGINNING = r"=+\-@＝＋－＠"
# What a cell may begin with for a spreadsheet to take it for a formula, whatever unseen signs come before;
# and the sign that is put before such a cell, so that one that begins with it has to get it too.
FORMULA = re.compile(rf"[\t\r\n]|[{_UNSEEN}]*[{_BEGINNING}]|'")
# The first sign of every such cell, and of some others: to pass over most cells quickly.
DOUBTFUL = re.compile(rf"[{_UNSEEN}{_BEGINNING}']")


def held(cell: str) -> str:
    """The cell as text to any spreadsheet.

    >>> held("=1+1"), held("'tis"), held("Vote")
    ("'=1+1", "''tis", 'Vote')
    """
    return f"'{cell}" if FORMULA.match(cell) else cell


def released(cell: str) -> str:
    """The cell without the apostrophe that holds it; one that is the cell's own stays.

    >>> released("'=1+1"), released("''tis"), released("'tis")
    ('=1+1', "'tis", "'tis")
    """
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell, 1) else cell
