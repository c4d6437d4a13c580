"""What extraction hands over: frozen records whose offsets are code points into the source's text.

Every span is half open: the words are `text[start:end]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["referendum", "election", "crackdown", "protest", "constitutional_change"]
Status = Literal["occurred", "ongoing", "planned", "proposed", "cancelled"]
Role = Literal["initiator", "target", "participant"]
ActorKind = Literal["person", "organisation", "state", "group"]
What = Literal["detained", "killed", "injured", "fled", "sentenced", "attended"]


@dataclass(frozen=True, slots=True)
class Span:
    """Some words of the text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DateExpression:
    """Words that name a stretch of the calendar, resolved to EDTF by the named rule."""

    start: int
    end: int
    edtf: str
    rule: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many people; `maximum` is None in "over 35,000", `minimum` is None in "up to 2 million"."""

    what: What
    minimum: int | None
    maximum: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who does it or to whom it is done, named as the article spells the name in full.

    `country` (ISO 3166-1 alpha-2 or "") is set only where the name alone doesn't say who is meant:
    "police" and "parliament" are other actors in another country.
    """

    name: str
    role: Role
    kind: ActorKind
    country: str
    span: Span


@dataclass(frozen=True, slots=True)
class Mention:
    """One passage that tells of one event, and what the machine reads there.

    `date` is EDTF, "" where the passage gives none; `country` is ISO 3166-1 alpha-2 or "".
    `cited` is who the article says says so, as written, or "".
    `spans` has, for each field read from words, where those words stand ("kind" is the trigger);
    `rules` has, for each field, the name of the rule that decided it.
    """

    start: int
    end: int
    kind: Kind
    title: str
    date: str
    status: Status
    disputed: bool
    country: str
    participants: tuple[Participant, ...] = ()
    counts: tuple[Count, ...] = ()
    cited: str = ""
    spans: Mapping[str, Span] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as one article tells it: its mentions in text order, and the fields resolved from them."""

    kind: Kind
    title: str
    date: str
    status: Status
    disputed: bool
    country: str
    participants: tuple[Participant, ...]
    counts: tuple[Count, ...]
    mentions: tuple[Mention, ...]
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that was read out of one text: events in order of first mention, dates in text order."""

    events: tuple[Event, ...]
    dates: tuple[DateExpression, ...]
