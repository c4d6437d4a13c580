"""Events, or their passages, as the rows of a sheet."""

from collections.abc import Iterator

from timeline.exports.chosen import Chosen


def events(chosen: Chosen) -> Iterator[bytes]:
    """One row an event."""
    yield b"id\r\n"
    for key in chosen.keys:
        yield b"%d\r\n" % key


def passages(chosen: Chosen) -> Iterator[bytes]:
    """One row a passage."""
    yield from events(chosen)
