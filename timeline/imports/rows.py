"""What a reader makes of one row of a file: an event, a refusal, or something that is no event."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from timeline.extraction import records


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who takes part; `country` only where the name alone doesn't say who is meant."""

    name: str
    role: records.Role
    kind: records.ActorKind | str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that tells of an event.

    `number` counts as the file's own program counts: a sheet's rows with its header as row 1, a file's
    slides from 1; 0 is the file as a whole. `identifier` is the row's name within its collection: the same
    when the file comes again, whatever else changes in it, as far as the format has such a name.
    `collection` is set only where the row itself says which one it is from, and `status` where it tells one.
    `text` is what the row says in words, without markup: the evidence of the event, shown under `headline`
    and `publisher`; "" where the headline says it all. `date` is EDTF, "" where the format lets an event have
    none; `published` is None where the row doesn't tell. `raw` is the row as it came.
    """

    number: int
    identifier: str
    kind: str
    title: str
    date: str
    headline: str
    text: str
    status: str = ""
    disputed: bool = False
    country: str = ""
    counts: tuple[Mapping[str, Any], ...] = ()
    parties: tuple[Party, ...] = ()
    publisher: str = ""
    url: str = ""
    published: datetime.date | None = None
    summary: str = ""
    says: str = ""
    rules: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that can't become an event: what is wrong with it, and what would mend it."""

    number: int
    problem: str
    mend: str
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A part of the file that is no event and isn't meant to be one, such as a title slide or an era."""

    number: int
    reason: str
    raw: Mapping[str, Any] = field(default_factory=dict)


Verdict: TypeAlias = Row | Refused | PassedOver
