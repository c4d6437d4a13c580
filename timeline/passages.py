"""A text cut where its passages begin and end, so that a page can show every one of them.

Passages overlap, nest and repeat (one sentence may tell of two events). The pieces put together are the
text again, whatever the passages are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, Protocol, TypeVar


class Passage(Protocol):
    """Some words of a text, half open, in code points."""

    start: int
    end: int


P = TypeVar("P", bound=Passage)


@dataclass(frozen=True)
class Piece(Generic[P]):
    """A stretch of text that no passage begins or ends within.

    `over` are the passages that it belongs to, outermost first; `begins` and `ends` those of them that
    begin with its first character and end with its last.
    """

    text: str
    over: tuple[P, ...]
    begins: tuple[P, ...]
    ends: tuple[P, ...]


def pieces(text: str, passages: Iterable[P]) -> list[Piece[P]]:
    """Cut the text at every edge of a passage. Passages with no word inside the text are passed over."""
    inside = sorted(
        (passage for passage in passages if 0 <= passage.start < passage.end <= len(text)),
        key=lambda passage: (passage.start, -passage.end),
    )
    edges = sorted({0, len(text), *(edge for passage in inside for edge in (passage.start, passage.end))})
    cut: list[Piece[P]] = []
    current: list[P] = []
    waiting = iter(inside)
    following = next(waiting, None)
    for start, end in pairwise(edges):
        current = [passage for passage in current if passage.end > start]
        begins = []
        while following is not None and following.start == start:
            begins.append(following)
            following = next(waiting, None)
        current += begins
        ends = tuple(passage for passage in current if passage.end == end)
        cut.append(Piece(text[start:end], tuple(current), tuple(begins), ends))
    return cut
