"""A passage in its context: the paragraph that it stands in, with the words behind each field marked.

Words of a field that stand elsewhere in the text (a date in a heading, a country in the first sentence) come
with a few words around them, so that everything that a reading rests on is on one screen.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from timeline.facts import words_at
from timeline.models import Mention

AROUND = 700  # characters of the paragraph on each side of a passage
BESIDE = 90  # characters on each side of words that stand elsewhere
FIELDS = ("kind", "date", "status", "country", "disputed", "cited", "counts", "participants")


@dataclass(frozen=True)
class Mark:
    """Words of the text that a field was read from, half open, in code points."""

    field: str
    start: int
    end: int


@dataclass(frozen=True)
class Stretch:
    """Words that belong to the same fields throughout; `ends` are those whose words end with its last.

    `inside` where it belongs to the passage itself.
    """

    text: str
    inside: bool
    fields: tuple[str, ...]
    ends: tuple[str, ...]


@dataclass(frozen=True)
class Excerpt:
    """Stretches that follow one another; `cut_before` and `cut_after` where the text goes on."""

    stretches: tuple[Stretch, ...]
    cut_before: bool
    cut_after: bool


def marks(mention: Mention) -> list[Mark]:
    """The words behind each field of a mention, which comes with its source's text."""
    text = mention.source.text
    spans: list[tuple[str, Any]] = [(name, span) for name, span in mention.spans.items() if name in FIELDS]
    for name in ("counts", "participants"):
        entries = getattr(mention, name)
        spans += [(name, entry.get("span")) for entry in entries if isinstance(entry, dict)]
    return [Mark(name, *span) for name, span in spans if words_at(text, span)]


def excerpts(mention: Mention) -> list[Excerpt]:
    """What is to be seen of the text, in its order. The mention comes with its source's text."""
    text = mention.source.text
    found = marks(mention)
    windows = [_paragraph(text, mention.start, mention.end)]
    first, last = windows[0]
    windows += [
        _whole_words(text, mark.start - BESIDE, mark.end + BESIDE)
        for mark in found
        if mark.start < first or mark.end > last
    ]
    return [
        Excerpt(tuple(_stretches(mention, found, start, end)), start > 0, end < len(text))
        for start, end in _joined(windows)
    ]


def _paragraph(text: str, start: int, end: int) -> tuple[int, int]:
    """The paragraph around a passage, cut between words where it is long."""
    first = text.rfind("\n\n", 0, start) + 2 if "\n\n" in text[:start] else 0
    last = text.find("\n\n", end)
    last = len(text) if last < 0 else last
    if first < start - AROUND:
        first = _whole_words(text, start - AROUND, end)[0]
    if last > end + AROUND:
        last = _whole_words(text, start, end + AROUND)[1]
    return first, last


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """A little less on either side, so that no word is cut through."""
    start, end = max(0, start), min(len(text), end)
    while 0 < start < end and not text[start - 1].isspace():
        start += 1
    while start < end < len(text) and not text[end].isspace():
        end -= 1
    return start, end


def _joined(windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Windows in the order of the text, those that touch made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _stretches(mention: Mention, found: Sequence[Mark], start: int, end: int) -> Iterator[Stretch]:
    text = mention.source.text
    edges = {start, end, mention.start, mention.end}
    edges |= {edge for mark in found for edge in (mark.start, mark.end)}
    for one, other in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        here = [mark for mark in found if mark.start <= one and other <= mark.end]
        yield Stretch(
            text[one:other],
            mention.start <= one and other <= mention.end,
            tuple(dict.fromkeys(mark.field for mark in here)),
            tuple(dict.fromkeys(mark.field for mark in here if mark.end == other)),
        )
