"""A text cut where its passages begin and end, so that a page can show every one of them.

Passages overlap, nest and repeat (one sentence may tell of two events). The pieces put together are the
text again, whatever the passages are.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import Generic, Protocol, TypeVar


class Passage(Protocol):
    """Some words of a text, half open, in code points."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


P = TypeVar("P", bound=Passage)


@dataclass(frozen=True)
class Piece(Generic[P]):
    """A stretch of text that no passage begins or ends within.

    `depth` is the number of passages that it belongs to and `top` the innermost of them: the last to
    begin, of those the first to end, of those the last given. `begins` and `ends` are the passages that
    begin with its first character and end with its last. A piece doesn't name all that it belongs to:
    where thousands overlap, that would be millions of names.
    """

    text: str
    top: P | None
    depth: int
    begins: tuple[P, ...]
    ends: tuple[P, ...]


def pieces(text: str, passages: Iterable[P]) -> list[Piece[P]]:
    """Cut the text at every edge of a passage. Passages with no word inside the text are passed over."""
    inside = sorted(
        (passage for passage in passages if 0 <= passage.start < passage.end <= len(text)),
        key=lambda passage: (passage.start, -passage.end),
    )
    begins: defaultdict[int, list[P]] = defaultdict(list)
    ends: defaultdict[int, list[P]] = defaultdict(list)
    for passage in inside:
        begins[passage.start].append(passage)
        ends[passage.end].append(passage)
    cut: list[Piece[P]] = []
    depth = given = 0
    innermost: list[tuple[int, int, int, P]] = []  # a heap; what has ended is taken off once it comes up
    for start, end in pairwise(sorted({0, len(text), *begins, *ends})):
        for passage in begins[start]:
            given += 1
            heappush(innermost, (-start, passage.end, -given, passage))
        while innermost and innermost[0][1] <= start:
            heappop(innermost)
        depth += len(begins[start]) - len(ends[start])
        top = innermost[0][3] if innermost else None
        cut.append(Piece(text[start:end], top, depth, tuple(begins[start]), tuple(ends[end])))
    return cut
