"""What a format is given to write."""

from dataclasses import dataclass
from datetime import datetime

from timeline.exports.evidence import Keys


@dataclass(frozen=True)
class Chosen:
    """The events that go out: their ids in order, a million of them or none.

    `site` is what addresses begin with, such as `https://timeline.example.org`; `address` is that of the page
    that shows the same events, and `at` the moment that they were asked for.
    """

    keys: Keys
    site: str
    address: str
    at: datetime
