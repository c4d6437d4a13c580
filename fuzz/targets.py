"""What is fuzzed: a function a target, from any bytes; it raises AssertionError where a promise is broken."""

import io
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import quote

from django.http import QueryDict
from django.test import Client

from fuzz.words import CELLS, EDTF, NAMES, QUERY, TEXT, TREE, VALUES, spelled
from timeline import documents, edtf_dates, extraction, loading, passages
from timeline.documents import Document, Failure, Unreadable
from timeline.documents.formats import FORMATS, parse
from timeline.extraction import DateExpression, Span
from timeline.extraction.dates import frames, tag
from timeline.filters import Selection
from timeline.imports.opening import open_file
from timeline.imports.rows import PassedOver, Refused, Row
from timeline.models import Mention, surroundings

Target: TypeAlias = Callable[[bytes], None]

PUBLISHED = date(2020, 8, 10)
PAGES = ("/", "/figure.json", "/events.csv", "/embed/", "/api/v1/events/", "/oembed")


def text_of(data: bytes) -> str:
    """Mostly words that rules know, else whatever the bytes are as text."""
    if data[:1] < b"\xc0":
        return spelled(data[1:], TEXT, " ")
    return data[1:].decode("utf-8", "replace").replace("\r", "\n").replace("\0", "")


def dates(data: bytes) -> None:
    """Text is no EDTF, or it has bounds in order and words; the two ways to ask agree."""
    for value in (data.decode("utf-8", "replace"), spelled(data[:12], EDTF)):
        try:
            earliest, latest = edtf_dates.bounds(value)
        except edtf_dates.InvalidDate as error:
            message = str(error)
        else:
            message = ""
            assert earliest is None or latest is None or earliest <= latest
            if earliest and latest:
                assert edtf_dates.bounds(f"{earliest}/{latest}") == (earliest, latest)
            assert edtf_dates.in_words(value)
            assert edtf_dates.overlap(value, value) is bool(value)
            assert (edtf_dates.width(value) is None) is (earliest is None or latest is None)
        assert not message or value in message


def expressions(data: bytes) -> None:
    """Dates of a text are in it, apart, in order, and stretches of the calendar."""
    text = text_of(data)
    told = tag(text, PUBLISHED)
    _placed(told, text)
    assert all(one.end <= other.start for one, other in pairwise(told))
    _placed(frames(text, PUBLISHED, told), text)
    assert tag(text, PUBLISHED) == told


def _placed(told: tuple[DateExpression, ...] | list[DateExpression], text: str) -> None:
    for one in told:
        assert 0 <= one.start < one.end <= len(text)
        assert edtf_dates.bounds(one.edtf) != (None, None)


def texts(data: bytes) -> None:
    """Events have passages and words that are in the text, and dates in order; again is the same again."""
    text = text_of(data)
    found = extraction.extract(text, PUBLISHED)
    for event in found.events:
        edtf_dates.bounds(event.date)
        assert event.mentions
        for mention in event.mentions:
            assert 0 <= mention.start < mention.end <= len(text)
            assert mention.end - mention.start <= 2000
            edtf_dates.bounds(mention.date)
            assert all(_within(span, text) for span in mention.spans.values())
            assert all(_within(one.span, text) for one in (*mention.participants, *mention.counts))
            assert mention.cited in text
    _placed(found.dates, text)
    assert extraction.extract(text, PUBLISHED) == found


def _within(span: Span, text: str) -> bool:
    return 0 <= span.start < span.end <= len(text)


def files(data: bytes) -> None:
    """A file is documents that can be stored, or failures that say why and what to do."""
    suffix = tuple(FORMATS)[data[0] % len(FORMATS)] if data else ".txt"
    for item in parse(FORMATS[suffix], data[1:], f"fuzzed{suffix}", PUBLISHED):
        _storable(item)
    for item in documents.read_bytes(data, "fuzzed.jsonl", published=PUBLISHED, most=100_000):
        _storable(item)


def _storable(item: Document | Failure) -> None:
    if isinstance(item, Failure):
        assert item.reason
        assert item.mend
    else:
        assert item.text.strip()
        assert "\0" not in item.text
        assert "\r" not in item.text
        assert item.text.encode()


def imports(data: bytes) -> None:
    """A table or tree is refused with a mend, or each of its rows has a verdict, twice the same."""
    for content in (data, spelled(data, CELLS).encode(), spelled(data, TREE).encode()):
        assert _verdicts(content) == _verdicts(content)


def _verdicts(content: bytes) -> list[object] | str:
    try:
        verdicts = list(open_file(io.BytesIO(content))[1])
    except Unreadable as error:
        return error.reason
    for verdict in verdicts:
        assert isinstance(verdict, Row | Refused | PassedOver)
        if isinstance(verdict, Row):
            edtf_dates.bounds(verdict.date)
        if isinstance(verdict, Refused):
            assert verdict.problem
            assert verdict.mend
    return list(verdicts)


def query_of(data: bytes) -> str:
    """Names with values, then words and signs in any order."""
    pairs = (
        f"{spelled(data[at : at + 1], NAMES)}={spelled(data[at + 1 : at + 3], VALUES)}"
        for at in range(0, 12, 3)
    )
    return "&".join(pairs) + spelled(data[12:], QUERY) + quote(data[:4])


def filters(data: bytes) -> None:
    """Rows of the database and of the columns are chosen alike, whatever the query string."""
    selection = Selection(QueryDict(query_of(data)))
    by_rows = set(selection.events.values_list("pk", flat=True))
    assert by_rows == set(selection.columns.pk[selection.rows].tolist())


def site(data: bytes) -> None:
    """Whatever is asked, the site answers or says what is wrong; it never fails."""
    page = PAGES[data[0] % len(PAGES) if data else 0]
    response = Client(SERVER_NAME="localhost").get(f"{page}?{query_of(data[1:])}")
    assert response.status_code < 500


def anchors(data: bytes) -> None:
    """A passage is found where its words stand, nearest first; pieces put together are the text."""
    text = text_of(data)
    spans = [Span(one, one + 1 + other % 16) for one, other in pairwise(data)]
    cut = passages.pieces(text, spans)
    assert "".join(piece.text for piece in cut) == text
    assert all((piece.top is None) is (piece.depth == 0) for piece in cut)
    for span in spans[:4]:
        words = text[span.start : span.end]
        if words:
            prefix, suffix = surroundings(text, span.start, span.end)
            row = Mention(start=span.start, end=span.end, quote=words, prefix=prefix, suffix=suffix)
            places = loading._places(row, text)
            assert places[0] == span.start or len(places) == 50
            assert all(text.startswith(words, place) for place in places)


TARGETS: dict[str, Target] = {
    "dates": dates,
    "expressions": expressions,
    "texts": texts,
    "files": files,
    "imports": imports,
    "filters": filters,
    "site": site,
    "anchors": anchors,
}
