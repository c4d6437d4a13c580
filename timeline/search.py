"""Full-text search over titles, quotes and headlines, by SQLite's FTS5 or PostgreSQL's tsvector.

Every word must be found, in any of its forms; the last may be only begun. Words in double quotes, or joined
by a hyphen, have to stand in a row. The index itself is kept by the triggers of `timeline.database`.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from django.db.models.expressions import RawSQL
from numpy.typing import NDArray

MAX_WORDS = 8
SHORTEST_BEGUN = 3  # letters: shorter beginnings are those of too many words
MOST_RANKED = 20_000  # above so many finds the words are too common for a rank to say much
_TERM = re.compile(r'"([^"]*)"|(\S+)')
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
        parameters = [" ".join(phrase) for phrase in self.phrases]
        if self.begun:
            parts[-1] = "to_tsquery('english', %s)"
            parameters[-1] = " <-> ".join(self.phrases[-1]) + ":*"
        return " && ".join(parts), parameters


def plain(text: str) -> str:
    """The text without accents: "Élection" is found by "election"."""
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )


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


def find(query: Query) -> NDArray[np.int64]:
    """The ids of the events found: the best first if they are at most MOST_RANKED, else in no order."""
    found = _ids(keys(query).sql, keys(query).params)
    if len(found) > MOST_RANKED:
        return found
    if connection.vendor == "postgresql":
        expression, parameters = query.tsquery
        return _ids(
            f"SELECT event_id FROM timeline_search, (SELECT {expression} AS wanted) AS asked "  # noqa: S608
            "WHERE document @@ wanted ORDER BY ts_rank(document, wanted, 1) DESC, event_id",
            parameters,
        )
    return _ids(
        "SELECT rowid FROM timeline_search WHERE timeline_search MATCH %s "
        "ORDER BY bm25(timeline_search, 10, 3, 1), rowid",
        [query.fts5],
    )


def _ids(sql: str, parameters: Sequence[Any]) -> NDArray[np.int64]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return np.fromiter((row[0] for row in cursor.fetchall()), dtype=np.int64)


def forms(query: Query, events: Iterable[int]) -> frozenset[str]:
    """The words of these events that the query finds, in lower case and without accents."""
    chosen = list(events)
    if not chosen:
        return frozenset()
    if connection.vendor == "postgresql":
        expression, parameters = query.tsquery
        sql = (
            "SELECT ts_headline('english', timeline_plain(e.title || E'\\n' || "  # noqa: S608
            f"coalesce(string_agg(m.quote || E'\\n' || s.headline, E'\\n'), '')), {expression}, %s) "
            "FROM timeline_event e LEFT JOIN timeline_mention m ON m.event_id = e.id "
            "LEFT JOIN timeline_source s ON s.id = m.source_id "
            "WHERE e.id = ANY(%s) GROUP BY e.id"
        )
        options = f'HighlightAll=true, StartSel="{_OPEN}", StopSel="{_CLOSE}"'
        values: list[Any] = [*parameters, options, chosen]
    else:
        columns = (f"highlight(timeline_search, {n}, char(2), char(3))" for n in range(3))
        sql = (
            f"SELECT {' || char(10) || '.join(columns)} FROM timeline_search "  # noqa: S608
            f"WHERE timeline_search MATCH %s AND rowid IN ({', '.join(['%s'] * len(chosen))})"
        )
        values = [query.fts5, *chosen]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        marked = [row[0] for row in cursor.fetchall()]
    phrases = (phrase for text in marked for phrase in _FOUND.findall(text))
    return frozenset(word.lower() for phrase in phrases for word in re.findall(r"\w+", plain(phrase)))
