"""Where in its file a passage stands: the page or the paragraph that a citation names beside the characters.

A source's `places` are a JSON list, in the order of the text, of where each page or paragraph begins:
`[{"start": 0, "page": 1}, {"start": 2510, "page": 2}]`. Offsets are code points; most sources have none.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

from timeline.documents import Place

Stored: TypeAlias = Mapping[str, int]


class Placed(Protocol):
    """A source, as far as its places go."""

    @property
    def places(self) -> Sequence[Stored]: ...


def stored(places: Iterable[Place]) -> list[dict[str, int]]:
    """Places as a source keeps them."""
    return [{"start": place.start, place.kind: place.number} for place in places]


def read(places: Iterable[Stored], moved: int = 0) -> Iterator[Place]:
    """Kept places as they were, in a text whose headline has become so many characters longer."""
    for place in places:
        start = place["start"]
        kind, number = next((kind, number) for kind, number in place.items() if kind != "start")
        yield Place(max(start + moved, 0) if start else 0, kind, number)


def place_of(source: Placed, start: int) -> dict[str, int] | None:
    """The page or paragraph that a character of the text stands in, such as `{"page": 3}`."""
    return place_in(source.places, start)


def place_in(places: Sequence[Stored], start: int) -> dict[str, int] | None:
    """The same, of places by themselves."""
    number = bisect_right(places, start, key=lambda place: place["start"])
    if not number:
        return None
    return {kind: value for kind, value in places[number - 1].items() if kind != "start"}


def kind_of(source: Placed) -> str:
    """What the file is divided into, `page` or `paragraph`; "" for most."""
    return next((kind for place in source.places for kind in place if kind != "start"), "")


def marks(source: Placed) -> str:
    """All places as the source's page tells its script: `0 page 1,2510 page 2`."""
    return ",".join(f"{place.start} {place.kind} {place.number}" for place in read(source.places))


def in_words(source: Placed, start: int, end: int) -> str:
    """The place of a passage as citations have it: `page 3`, `pages 3–4`, or "" where none is known."""
    first, last = place_of(source, start), place_of(source, max(start, end - 1))
    if not first or not last:
        return ""
    (kind, one), (_, other) = *first.items(), *last.items()
    return f"{kind} {one}" if one == other else f"{kind}s {one}–{other}"
