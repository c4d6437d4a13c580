"""Events with all their evidence as one JSON document, to keep or to bring into another timeline.

What events refer to comes before them, so that it can be read as it comes; every item has a line of its own.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from django.urls import reverse

from timeline.exports import evidence
from timeline.exports.chosen import Chosen
from timeline.exports.evidence import Told

FORMAT, VERSION = "political-event-timeline", 1
SCHEMA = Path(__file__).parent / "events-1.schema.json"

# Signs that turn the direction of text; as escapes they mean the same, and turn nothing in an editor.
DIRECTION = re.compile(rb"\xd8\x9c|\xe2(?:\x80[\x8e\x8f\xaa-\xae]|\x81[\xa6-\xa9])")
EMPTY = {text: orjson.Fragment(text) for text in ("[]", "{}", '""', "null")}  # what most columns hold
PAIRED = re.compile(r"\\u[dD]")  # half of a surrogate pair, or of none


def document(chosen: Chosen) -> Iterator[bytes]:
    """The whole document.

    What has come to be since it was begun isn't in it: no event refers to what the document doesn't hold.
    """
    head = {
        "$schema": chosen.site + reverse("schema"),
        "format": FORMAT,
        "version": VERSION,
        "exported_at": chosen.at,
        "site": chosen.site,
        "address": chosen.address,
    }
    yield orjson.dumps(head)[:-1]
    sources, actors = evidence.needed(chosen.keys)
    known: dict[str, set[int]] = {"actors": set(), "sources": set()}
    yield from _list("actors", _noted(evidence.actors(actors, chosen.site, _as_it_is), known["actors"]))
    yield from _list("sources", _noted(evidence.sources(sources, chosen.site, _as_it_is), known["sources"]))
    events = evidence.events(chosen.keys, chosen.site, _as_it_is)
    count = yield from _list("events", (_within(event, known) for event in events))
    yield b',\n"count":%d}\n' % count


def _list(name: str, items: Iterable[Told]) -> Generator[bytes, None, int]:
    """Gives back how many there were."""
    yield b',\n"%s":[' % name.encode()
    count = 0
    for count, item in enumerate(items, 1):
        yield (b",\n" if count > 1 else b"\n") + _line(item)
    yield b"\n]"
    return count


def _line(item: Told) -> bytes:
    line = orjson.dumps(item)
    return line if line.isascii() else DIRECTION.sub(_escaped, line)


def _escaped(sign: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(sign[0].decode())


def _noted(items: Iterable[Told], keys: set[int]) -> Iterator[Told]:
    for item in items:
        keys.add(item["id"])
        yield item


def _within(event: Told, known: dict[str, set[int]]) -> Told:
    """The event as far as it refers to what has been written."""
    sources, actors = known["sources"], known["actors"]
    holds = all(one["source"] in sources for one in event["passages"])
    if holds and all(one["actor"] in actors for one in event["participants"]):
        return event
    return event | {
        "participants": [one for one in event["participants"] if one["actor"] in actors],
        "passages": [one for one in event["passages"] if one["source"] in sources],
    }


def _as_it_is(text: str) -> Any:
    """A column that holds JSON, put into the document without looking at more of it than must be."""
    if empty := EMPTY.get(text):
        return empty
    halved = "\\u" in text and PAIRED.search(text)
    return orjson.Fragment(orjson.dumps(evidence.parsed(text)) if halved else text)
