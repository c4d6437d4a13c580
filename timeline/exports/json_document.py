"""Events with all their evidence as one JSON document."""

from collections.abc import Iterator

import orjson

from timeline.exports import evidence
from timeline.exports.chosen import Chosen


def document(chosen: Chosen) -> Iterator[bytes]:
    """The whole document; events go out one a line, as they are read."""
    yield b'{"events": ['
    for number, event in enumerate(evidence.events(chosen.keys, chosen.site)):
        yield (b",\n" if number else b"\n") + orjson.dumps(event)
    yield b"\n]}\n"
