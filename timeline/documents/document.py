"""What is read: a document with its date, or the failure to read one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

MAXIMUM_BYTES = 5_000_000  # of a text, however it is packed
MAXIMUM_PUBLISHER = 200
MAXIMUM_LOCATION = 1000

ADDRESS = re.compile(r"https?://[^\s<>\"]{1,1990}", re.IGNORECASE)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAY_AND_TIME = re.compile(
    rf"(?P<day>{DAY.pattern})(?:[T ](?:[01][0-9]|2[0-4]):[0-5][0-9](?::[0-6][0-9](?:\.[0-9]+)?)?"
    r"(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?)?"
)


class Place(NamedTuple):
    """Where a part of the file begins in the text; `kind` is `page` or `paragraph`, numbers begin at 1."""

    start: int
    kind: str
    number: int


@dataclass(frozen=True, slots=True)
class Document:
    """One article: `text` is headline, blank line, body, with line ends made `\\n`.

    `path` is the file, `record` the id of a record inside a corpus file, or the name of an attachment (""
    for a file of its own). `places` are where its pages or paragraphs begin, in order, for what has any.
    """

    path: str
    headline: str
    published: date
    text: str
    publisher: str = ""
    url: str = ""
    record: str = ""
    places: tuple[Place, ...] = ()

    @property
    def location(self) -> str:
        """Where it was loaded from: no two documents share it."""
        return f"{self.path}#{self.record}" if self.record else self.path


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that can't be read, why, and what would mend it."""

    location: str
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"{self.location}: {self.reason} {self.mend}"


class Unreadable(ValueError):
    """A document that can't be read; carries the reason and the mend."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason, self.mend = reason, mend


def printable(name: str) -> str:
    """The name with what isn't text in it replaced, so that it can be written anywhere."""
    return name.encode("utf-8", "replace").decode()


def clean(text: str) -> str:
    """Line ends made `\\n`; what no database or citation could hold is refused."""
    if "\0" in text:
        raise Unreadable("It holds null characters, so it is not text.", "Save it as plain text in UTF-8.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("It holds half characters (lone surrogates).", "Save it again as UTF-8.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def composed(
    name: str,
    headline: str,
    body: str,
    day: date,
    *,
    publisher: str = "",
    url: str = "",
    record: str = "",
    places: Iterable[Place] = (),
) -> Document:
    """The document of this headline and body; raises Unreadable.

    `places` count from the beginning of the body; one with a negative start has the headline in it too.
    """
    headline, body = " ".join(headline.split()), body.strip()
    if not headline:
        raise Unreadable("It has no headline and no text.", "Put the article's text into it.")
    text = f"{headline}\n\n{body}" if body else headline
    offset = len(headline) + 2
    moved = tuple(place._replace(start=max(place.start + offset, 0)) for place in places)
    return checked(name, headline, day, text, clean(publisher), clean(url), record, moved)


def checked(
    name: str,
    headline: str,
    day: date,
    text: str,
    publisher: str,
    url: str,
    record: str,
    places: tuple[Place, ...] = (),
) -> Document:
    """The document made of these, if they can be stored; raises Unreadable."""
    publisher, url = " ".join(publisher.split()), url.strip()
    if len(publisher) > MAXIMUM_PUBLISHER:
        raise Unreadable(f"Its publisher has over {MAXIMUM_PUBLISHER} characters.", "Shorten it.")
    if url and not ADDRESS.fullmatch(url):
        raise Unreadable(
            f"Its address “{url[:40]}” is no web address.", "Write one that begins with https://."
        )
    if len(name) + len(record) >= MAXIMUM_LOCATION:
        raise Unreadable(f"Its path and id have over {MAXIMUM_LOCATION} characters.", "Shorten them.")
    return Document(name, headline, day, text, publisher, url, record, places)


def day_of(value: str, published: date | None, mend: str) -> date:
    """The day that a document gives, else `published`; raises Unreadable."""
    value = value.strip()
    if not value:
        if published is None:
            raise Unreadable("It has no date.", mend)
        return published
    try:
        match = DAY_AND_TIME.fullmatch(value)
        if not match:
            raise ValueError(value)
        # The day as it is written, wherever on earth that was.
        return date.fromisoformat(match["day"])
    except ValueError as error:
        raise Unreadable(
            f"Its date “{value[:40]}” is not a day of the calendar.", "Write it as YYYY-MM-DD."
        ) from error
