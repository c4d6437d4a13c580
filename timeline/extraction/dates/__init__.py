"""Expressions that name a stretch of the calendar: found, resolved to EDTF, and read in their clause.

`tag(text, published, sentences=None)` gives the bare expressions, in text order and apart: "February next
year" -> 2022-02, "the end of the year" -> 2020, "the early 1990s" -> 199X: the stretch that the words name.

`frames(text, published, expressions)` gives what each phrase says of an event told in the same clause,
preposition and modifier included: "no later than February next year" -> ../2022-02, "since last Wednesday"
-> 2025-03-19/.., "between May and July" -> 2003-05/2003-07, "the early 1990s" -> 1990/1994. Whatever nothing
widens is in it unchanged, so an event linker needs the frames only. Its docstring has the table.

The pipeline: `patterns` (tokens, their classes, a grammar over the classes), `read` (from a match to the
value it names), `sections` (dates that head what follows), `tense` (of the clause), `resolve` (from the value
to the calendar, in text order), `frames` with `lengths`.
"""

from timeline.extraction.dates.frames import frames
from timeline.extraction.dates.tagger import tag

__all__ = ["frames", "tag"]
