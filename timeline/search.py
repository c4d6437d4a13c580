"""Full-text search over titles, quotes and headlines, by SQLite's FTS5 or PostgreSQL's tsvector.

Every word must be found, in any of its forms; the last may be only begun. Words in double quotes, or joined
by a hyphen, have to stand in a row. The index itself is kept by the triggers of `timeline.database`.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
from django.db import connection
from django.db.models.expressions import RawSQL
from numpy.typing import NDArray

Ids: TypeAlias = NDArray[np.int64]
MAX_WORDS = 8
SHORTEST_BEGUN = 3  # letters: shorter beginnings are those of too many words
AT_A_TIME = 20_000  # ids fetched
MOST_RANKED = 20_000  # above so many finds the words are too common for a rank to say much
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_ACCENTED = re.compile("([A-Za-z])[\u0300-\u036f]+")
_OPEN, _CLOSE = "\x02", "\x03"
_FOUND = re.compile(f"{_OPEN}(.+?){_CLOSE}", re.DOTALL)


@dataclass(frozen=True)
class Query:
    """What is looked for: phrases of one or more words; `begun` if the last word may be only begun."""

    phrases: tuple[tuple[str, ...], ...]
    begun: bool

    @property
    def fts5(self) -> str:
        """As SQLite's MATCH has it. Words are letters and digits only, so nothing need be escaped."""
        terms = [f'"{" ".join(phrase)}"' for phrase in self.phrases]
        return " AND ".join(terms) + (" *" if self.begun else "")

    @property
    def tsquery(self) -> tuple[str, list[str]]:
        """As PostgreSQL has it: an SQL expression and its parameters."""
        parts = ["phraseto_tsquery('english', %s)"] * len(self.phrases)
        parameters = [" ".join(phrase).lower() for phrase in self.phrases]
        if self.begun:
            parts[-1] = "to_tsquery('english', %s)"
            parameters[-1] = " <-> ".join(self.phrases[-1]).lower() + ":*"
        return " && ".join(parts), parameters


def plain(text: str) -> str:
    """The text without accents on Latin letters: "Élection" is found by "election".

    Those of other scripts stay, as in SQLite's index: "й" is another letter than "и".
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", text)))


def parse(text: str) -> Query | None:
    """The query that a reader wrote; None if there is no word in it."""
    phrases, quoted = [], False
    for match in _TERM.finditer(text[:1000]):
        words = tuple(re.findall(r"[^\W_]+", plain(match[1] or match[2] or "")))
        if words:
            phrases.append(words)
            quoted = match[1] is not None
    if not phrases:
        return None
    begun = not quoted and len(phrases) <= MAX_WORDS and len(phrases[-1][-1]) >= SHORTEST_BEGUN
    return Query(tuple(phrases[:MAX_WORDS]), begun)


def keys(query: Query) -> RawSQL:
    """The ids of the events found, as a subquery."""
    if connection.vendor == "postgresql":
        expression, parameters = query.tsquery
        return RawSQL(f"SELECT event_id FROM timeline_search WHERE document @@ ({expression})", parameters)  # noqa: S608, S611
    return RawSQL("SELECT rowid FROM timeline_search WHERE timeline_search MATCH %s", [query.fts5])


def find(query: Query) -> Ids:
    """The ids of the events found: the best first if they are at most MOST_RANKED, else in no order."""
    found = _ids(query)
    return found if len(found) > MOST_RANKED else _ids(query, ranked=True)


def _ids(query: Query, *, ranked: bool = False) -> Ids:
    by_engine = _by_postgresql if connection.vendor == "postgresql" else _by_fts5
    return by_engine(query, ranked=ranked)


def _by_postgresql(query: Query, *, ranked: bool) -> Ids:
    """All in one value, eight bytes an id: as rows they would take ten times as long."""
    expression, parameters = query.tsquery
    order = "ORDER BY ts_rank(document, wanted, 1) DESC, event_id" if ranked else ""
    sql = (
        f"SELECT string_agg(int8send(event_id), '' {order}) "  # noqa: S608
        f"FROM timeline_search, (SELECT {expression} AS wanted) AS asked WHERE document @@ wanted"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        (packed,) = cursor.fetchone()
    return np.frombuffer(packed or b"", ">i8").astype(np.int64)


def _by_fts5(query: Query, *, ranked: bool) -> Ids:
    order = "ORDER BY bm25(timeline_search, 10, 3, 1), rowid" if ranked else ""
    sql = f"SELECT rowid FROM timeline_search WHERE timeline_search MATCH %s {order}"  # noqa: S608
    parts = [np.empty(0, np.int64)]
    with connection.cursor() as cursor:
        cursor.execute(sql, [query.fts5])
        # As objects, all at once, they would take ten times as much memory.
        while rows := cursor.fetchmany(AT_A_TIME):
            parts.append(np.fromiter(chain.from_iterable(rows), np.int64, len(rows)))
    return np.concatenate(parts)


def forms(query: Query, texts: Iterable[str]) -> frozenset[str]:
    """The words of these texts that the query finds, in lower case and without accents."""
    mark = _marked_by_postgresql if connection.vendor == "postgresql" else _marked_by_fts5
    phrases = (phrase for text in mark(query, list(texts)) for phrase in _FOUND.findall(text))
    return frozenset(word.lower() for phrase in phrases for word in re.findall(r"\w+", plain(phrase)))


def _marked_by_postgresql(query: Query, texts: list[str]) -> list[str]:
    expression, parameters = query.tsquery
    sql = (
        f"SELECT ts_headline('english', timeline_plain(text), {expression}, %s) "  # noqa: S608
        "FROM unnest(%s::text[]) AS text"
    )
    options = f'HighlightAll=true, StartSel="{_OPEN}", StopSel="{_CLOSE}"'
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, options, texts])
        return [row[0] for row in cursor.fetchall()]


def _marked_by_fts5(query: Query, texts: list[str]) -> list[str]:
    """FTS5 marks only what is in a table of its own, so the texts get one for the moment."""
    either = query.fts5.replace(" AND ", " OR ")  # of the words that an event has, a text may have some
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.timeline_marking "
            'USING fts5(text, tokenize = "porter unicode61 remove_diacritics 2")'
        )
        cursor.execute("DELETE FROM temp.timeline_marking")
        cursor.executemany(
            "INSERT INTO temp.timeline_marking (text) VALUES (%s)", [(text,) for text in texts]
        )
        cursor.execute(
            "SELECT highlight(timeline_marking, 0, char(2), char(3)) FROM temp.timeline_marking "
            "WHERE timeline_marking MATCH %s",
            [either],
        )
        return [row[0] for row in cursor.fetchall()]
