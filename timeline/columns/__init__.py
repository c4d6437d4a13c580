"""Every public event's facets as columns of numbers, held in memory and kept in step with the database.

Counting, binning and paging a million events takes milliseconds here, whatever the filters, where SQL would
scan its tables. The columns are read once; after that only the events that have been written since, as the
database's own log of changes tells. `docs/decisions/0006-columns-in-memory.md` says why.
"""

from timeline.columns.changes import change_of, revision, shorten
from timeline.columns.reading import patched, read
from timeline.columns.sharing import change_known, current, hurry, may_be_behind
from timeline.columns.snapshots import save, saved
from timeline.columns.table import (
    CODES,
    COUNTRIES,
    COUNTRY_NAMES,
    KINDS,
    REVIEWS,
    UNDATED,
    VALUES,
    Columns,
    Mask,
)

__all__ = [
    "CODES",
    "COUNTRIES",
    "COUNTRY_NAMES",
    "KINDS",
    "REVIEWS",
    "UNDATED",
    "VALUES",
    "Columns",
    "Mask",
    "change_known",
    "change_of",
    "current",
    "hurry",
    "may_be_behind",
    "patched",
    "read",
    "revision",
    "save",
    "saved",
    "shorten",
]
