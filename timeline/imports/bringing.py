"""A file of events, whatever its format: what would become of it, and what has."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from django.contrib.auth.models import User

from timeline.imports import restoring, storing
from timeline.imports.opening import Format, Source, open_file
from timeline.imports.storing import Verdict, cleaned
from timeline.models import Import

LIKES = 200  # rows of which it is looked up whether they may be the same as events that are there


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that can be read; each of `look` and `store` reads it from its beginning."""

    source: Source
    format: Format
    collection: str
    kind: str

    @classmethod
    def of(cls, source: Source, name: str, collection: str = "", kind: str = "other") -> Self:
        """The file; without a collection it has the name of its format or of the file. Raises Unreadable."""
        format_, _ = open_file(source, kind=kind)
        named = restoring.site_of(source) if format_ == Format.JSON else _named_by(format_, name)
        return cls(source, format_, _collection(collection) or _collection(named) or "unnamed", kind)

    def look(self, likes: int = LIKES) -> Iterator[Verdict]:
        """What would become of each row; nothing is written."""
        if self.format == Format.JSON:
            return restoring.look(self.source, self.collection)
        return storing.look(self._items(), self.collection, likes=likes)

    def store(self, imported: Import, *, by: User | None = None) -> Iterator[Verdict]:
        """What becomes of each row, as `storing.store`."""
        if self.format == Format.JSON:
            return restoring.restore(self.source, imported, by=by)
        return storing.store(self._items(), imported, by=by)

    def _items(self) -> Iterator[storing.Item]:
        return open_file(self.source, kind=self.kind)[1]


def _named_by(format_: Format, name: str) -> str:
    """ACLED names its rows for good, in whatever file they come."""
    return "acled" if format_ == Format.ACLED else PurePath(name).stem


def _collection(name: str) -> str:
    words = "".join(sign if sign.isprintable() else " " for sign in cleaned(name))
    return " ".join(words.split())[:200].strip()
