"""JSON files as a stream of the things that stand at known places in them.

ijson reads; this module bounds what it gives: how deep things may lie and how large one of them may be.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import ijson

from timeline.documents import MAXIMUM_BYTES

Place: TypeAlias = tuple[str, ...]  # keys from the outermost object inwards; ITEM for each of a list
ITEM = ""
DEEPEST = 100
TOO_LARGE = object()  # stands for a thing over 5 MB


class Broken(ValueError):
    """A file that is no JSON from here on; the message says why."""


@dataclass(slots=True)
class _Thing:
    """A thing that is being put together."""

    place: Place
    builder: Any
    size: int = 0

    def add(self, event: str, value: Any) -> None:
        self.size += len(value) if isinstance(value, str) else 8
        if self.size <= MAXIMUM_BYTES:
            self.builder.event(event, value)

    @property
    def value(self) -> Any:
        return self.builder.value if self.size <= MAXIMUM_BYTES else TOO_LARGE


def things(chunks: Iterable[str], places: Collection[Place]) -> Iterator[tuple[Place, Any]]:
    """Each thing at one of the places, as it comes; of an object's keys that come twice, the last is taken.

    Raises Broken where the JSON breaks off, after what came before it.
    """
    path: list[str] = []
    thing: _Thing | None = None
    outside = 0
    for event, value in tokens(chunks):
        if event == "map_key":
            path[-1] = value
        elif event.startswith("end"):
            path.pop()
        else:
            if thing is None and tuple(path) in places:
                thing, outside = _Thing(tuple(path), ijson.ObjectBuilder()), len(path)
            if event.startswith("start"):
                path.append(ITEM)
            if len(path) > DEEPEST:
                raise Broken(f"it is over {DEEPEST} levels deep")
        if thing is not None:
            thing.add(event, value)
            if len(path) == outside:
                yield thing.place, thing.value
                thing = None


def tokens(chunks: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """ijson's events; raises Broken."""
    found = ijson.sendable_list()
    # Without this a whole number of thousands of digits ends the process.
    parser = ijson.basic_parse_coro(found, use_float=True)
    silent = 0
    for chunk in chunks:
        problem = _send(parser, chunk)
        silent = 0 if found else silent + len(chunk)
        yield from found
        del found[:]
        if problem or silent > MAXIMUM_BYTES:
            raise Broken(problem or "it holds a value over 5 MB")
    if problem := _send(parser, ""):
        yield from found
        raise Broken(problem)
    yield from found


def _send(parser: Any, chunk: str) -> str:
    """What is wrong with the JSON so far, "" if nothing; an empty chunk is the end."""
    try:
        parser.send(chunk.encode("utf-8", "replace"))
    except StopIteration:
        return ""
    except ijson.JSONError as error:
        return str(error).strip().partition("\n")[0].rstrip(".") or "it isn’t JSON"
    return ""
