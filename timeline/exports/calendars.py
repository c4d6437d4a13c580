"""iCalendar (RFC 5545): an entry of whole days an event, to subscribe to.

A calendar knows no partial dates: August 2020 stands there as the days from the first to the last, and the
description says how the date is known.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vText

from timeline import edtf_dates
from timeline.exports import prose
from timeline.exports.chosen import Chosen
from timeline.exports.evidence import Told
from timeline.models import Kind, Status

REFRESH = timedelta(hours=12)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
END = b"END:VCALENDAR\r\n"
SURE = {
    Status.OCCURRED: "CONFIRMED",
    Status.ONGOING: "CONFIRMED",
    Status.PLANNED: "TENTATIVE",
    Status.PROPOSED: "TENTATIVE",
    Status.CANCELLED: "CANCELLED",
}


def calendar(chosen: Chosen) -> Iterator[bytes]:
    """The whole calendar; events without a date are left out."""
    host = urlsplit(chosen.site).hostname or ""
    yield _frame(chosen).to_ical().removesuffix(END)
    for event in prose.events(chosen.keys, chosen.site):
        if event["date"]:
            yield entry(event, host).to_ical()
    yield END


def _frame(chosen: Chosen) -> Calendar:
    name = "; ".join([prose.NAME, *map(prose.line, chosen.filters)])
    frame = Calendar()
    frame.add("prodid", f"-//{prose.NAME}//EN")
    frame.add("version", "2.0")
    frame.add("name", name)
    frame.add("x-wr-calname", vText(name))
    if urlsplit(chosen.site).hostname:
        frame.add("url", chosen.address)
    frame.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    frame.add("x-published-ttl", "PT12H")
    return frame


def entry(event: Told, host: str) -> Event:
    """One event. With an open end it stands where its other end is known, and the description says so."""
    first, last, note = days(event["date"])
    changed = datetime.fromisoformat(event["updated_at"])
    made = Event()
    made.add("uid", _name(event, host))
    made.add("dtstamp", changed)
    made.add("created", datetime.fromisoformat(event["created_at"]))
    made.add("last-modified", changed)
    made.add("dtstart", first)
    if last < date.max:  # else no day comes after it
        made.add("dtend", last + timedelta(days=1))
    made.add("summary", prose.line(event["title"]))
    made.add("status", SURE[event["status"]])
    made.add("transp", "TRANSPARENT")  # nobody is busy because of it
    made.add("categories", [str(Kind(event["kind"]).label)])
    if host:  # else the address is none by itself, which this has to be
        made.add("url", event["address"])
    made.add("description", "\n\n".join(filter(None, [note, prose.plain(event)])))
    return made


def _name(event: Told, host: str) -> str:
    """What no other entry anywhere is called; in a copy that stands nowhere, by when the event came to be."""
    if host:
        return f"event-{event['id']}@{host}"
    return f"event-{event['id']}-{datetime.fromisoformat(event['created_at']):%Y%m%dT%H%M%S%fZ}"


def days(value: str) -> tuple[date, date, str]:
    """First and last day to show a date at, and in words what they hide.

    >>> days("../2022-02")[2]
    'Known only as: by February 2022. It has no known beginning and stands at its end.'
    """
    words = f"Known only as: {edtf_dates.in_words(value)}."
    ends = value.split("/")
    known = [end for end in ends if end not in edtf_dates.OPEN_ENDS]
    first, last = edtf_dates.bounds(known[0]).earliest, edtf_dates.bounds(known[-1]).latest
    if first is None or last is None:
        raise ValueError(f"“{value}” is no date.")
    if len(known) < len(ends):
        missing, there = ("end", "beginning") if ends[0] in known else ("beginning", "end")
        return first, last, f"{words} It has no known {missing} and stands at its {there}."
    if all(map(_DAY.fullmatch, ends)):
        return first, last, ""
    return first, last, words if len(ends) > 1 else f"{words} It was, or is to be, on some of these days."
