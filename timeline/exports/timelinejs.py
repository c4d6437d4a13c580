"""TimelineJS's JSON: a slide an event, which its makers' own page opens as it is."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
from django.utils.html import escape, format_html

from timeline import edtf_dates
from timeline.exports import prose
from timeline.exports.chosen import Chosen
from timeline.exports.evidence import Told
from timeline.models import Kind

PARTS = ("year", "month", "day")
_UNKNOWN_PARTS = re.compile(r"(-XX)*[?~%]?\Z")
_WHOLE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?")


def timeline(chosen: Chosen) -> Iterator[bytes]:
    """The whole document; the title slide comes last, since it says how many events have no date."""
    yield b'{"scale": "human", "events": ['
    shown = undated = 0
    for event in prose.events(chosen.keys, chosen.site):
        if not event["date"]:
            undated += 1
            continue
        yield (b",\n" if shown else b"\n") + orjson.dumps(slide(event))
        shown += 1
    yield b'\n], "title": ' + orjson.dumps(_title(chosen, shown, undated)) + b"}\n"


def slide(event: Told) -> dict[str, Any]:
    """One event; TimelineJS takes headline and text for HTML."""
    return {
        "unique_id": f"event-{event['id']}",
        **dates(event["date"]),
        "text": {"headline": escape(prose.line(event["title"])), "text": prose.html(event)},
        "group": str(Kind(event["kind"]).label),
        "autolink": False,
    }


def dates(value: str) -> dict[str, Any]:
    """Start and end of an EDTF date, only with the parts that it gives; in words too where they say less.

    A date with an open end stands where its other end is known.

    >>> dates("../2022-02")
    {'start_date': {'year': 2022, 'month': 2}, 'display_date': 'by February 2022'}
    """
    ends = value.split("/")
    known = [end for end in ends if end not in edtf_dates.OPEN_ENDS]
    start, end = _parts(known[0], "earliest"), _parts(known[-1], "latest")
    told: dict[str, Any] = {"start_date": start}
    if end != start:
        told["end_date"] = end
    if len(known) < len(ends) or not all(map(_WHOLE.fullmatch, known)):
        told["display_date"] = edtf_dates.in_words(value)
    return told


def _parts(value: str, edge: str) -> dict[str, int]:
    """Year, month and day of one edge, as many as the date gives."""
    given = _UNKNOWN_PARTS.sub("", value)
    fine = 1 if "X" in given else given.count("-") + 1
    day = getattr(edtf_dates.bounds(value), edge)
    return dict(zip(PARTS[:fine], (day.year, day.month, day.day), strict=False))


def _title(chosen: Chosen, shown: int, undated: int) -> dict[str, Any]:
    """The slide that says what was chosen."""
    left_out = f" Left out for having no date: {undated:,}." if undated else ""
    text = format_html(
        '<p>{}</p><p>Events: {}.{} <a href="{}">The same on the site</a>, as of {}.</p>',
        prose.line("; ".join(chosen.filters) or "All events"),
        f"{shown:,}",
        left_out,
        chosen.address,
        f"{chosen.at:%-d %B %Y}",
    )
    return {"unique_id": "title", "text": {"headline": prose.NAME, "text": text}, "autolink": False}
