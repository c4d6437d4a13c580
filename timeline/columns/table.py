"""The columns themselves: one row an event, as numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django_countries import countries
from numpy.typing import NDArray

from timeline.models import Kind, Review, Status

Mask = NDArray[np.bool_]
KINDS = tuple(Kind.values)
STATUSES = tuple(Status.values)
REVIEWS = tuple(Review.values)
COUNTRY_NAMES = dict(countries)
COUNTRIES = ("", *sorted(COUNTRY_NAMES))
VALUES = {"kind": KINDS, "status": STATUSES, "review": REVIEWS, "country": COUNTRIES}
CODES = {name: {value: code for code, value in enumerate(values)} for name, values in VALUES.items()}
UNDATED = np.int64(1) << 30  # later than any day
# What each column holds, in the order that the database is asked in.
TYPES: dict[str, Any] = {
    "pk": np.int64,
    "kind": np.uint8,
    "status": np.uint8,
    "review": np.uint8,
    "country": np.int16,
    "disputed": np.bool_,
    "first": np.int32,
    "last": np.int32,
}


@dataclass(frozen=True)
class Columns:
    """One row an event, in the order of ids; arrays of the same length, never written to.

    `first` and `last` are ordinals of days (1 is 1 January of the year 1), 0 where the date is open or
    unknown; the others are indexes into KINDS, STATUSES, REVIEWS and COUNTRIES. `public` is false for
    what readers don't see and for the deleted. `order` has the rows of all public events in time, the undated
    last. `part_row` and `part_actor` are pairs of row and actor, `told_row` and `told_source` of row and
    source, each once.
    """

    revision: str
    position: int
    pk: NDArray[np.int64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    kind: NDArray[np.uint8]
    status: NDArray[np.uint8]
    review: NDArray[np.uint8]
    country: NDArray[np.int16]
    disputed: Mask
    public: Mask
    order: NDArray[np.int32]
    part_row: NDArray[np.int32]
    part_actor: NDArray[np.int32]
    told_row: NDArray[np.int32]
    told_source: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.pk)

    def rows_of(self, ids: Iterable[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of those of these events that are here, in the order of `ids`."""
        wanted = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, dtype=np.int64)
        rows = np.searchsorted(self.pk, wanted)
        rows[rows == len(self.pk)] = 0
        return rows[self.pk[rows] == wanted] if len(self.pk) else rows[:0]

    def pairs(self, name: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Rows and the ids of the actors, or sources, that they have to do with."""
        if name == "actor":
            return self.part_row, self.part_actor
        return self.told_row, self.told_source

    def with_(self, name: str, key: int) -> Mask:
        """The rows that have to do with one actor, or source."""
        rows, others = self.pairs(name)
        return self.mask(rows[others == key])

    def mask_of(self, ids: NDArray[np.int64]) -> Mask:
        """The rows of these events."""
        return self.mask(self.rows_of(ids))

    def mask(self, rows: NDArray[Any]) -> Mask:
        """These rows, by their numbers."""
        mask = np.zeros(len(self), dtype=bool)
        mask[rows] = True
        return mask

    @cached_property
    def anywhere(self) -> frozenset[int]:
        """The countries of all public events."""
        return frozenset(np.flatnonzero(np.bincount(self.country[self.public])).tolist())

    def days(self, rows: NDArray[np.int32]) -> NDArray[np.int32]:
        """The days that these rows stand at in time: their earliest, else their latest; 0 without a date."""
        first = self.first[rows]
        return np.where(first > 0, first, self.last[rows])
