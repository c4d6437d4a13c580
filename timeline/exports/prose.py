"""An event as people read it in other programs: facts and the words behind them, as HTML or plain text."""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString
from django_countries import countries

from timeline import edtf_dates
from timeline.exports import evidence
from timeline.exports.evidence import AT_A_TIME, Keys, Told
from timeline.models import Kind, Review, Status

# Not allowed in XML or in calendars, or turning the direction of what stands beside the text. Machines that
# want the very words are given them in JSON and in annotations.
_HARMFUL = (
    (0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x9F), (0x202A, 0x202E), (0x2066, 0x2069),
    (0xD800, 0xDFFF), (0xFFFE, 0xFFFF),
)  # fmt: skip
_DROPPED = dict.fromkeys(number for first, last in _HARMFUL for number in range(first, last + 1))
_ENDS_OF_LINES = dict.fromkeys((0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), "\n")
_READABLE = _DROPPED | _ENDS_OF_LINES
_LINE_ENDS = re.compile(r"\r\n?")
_BREAK = SafeString("<br>")
NAME = "Political event timeline"
UNCHECKED = "Machine-read, not yet looked at by a curator"


def readable(text: str) -> str:
    """The text without what isn't seen and does harm: controls, turns of direction, halves of an emoji."""
    return _LINE_ENDS.sub("\n", text).translate(_READABLE)


def line(text: str) -> str:
    """The same in one line; never empty."""
    return " ".join(readable(text).split()) or "Untitled"


def events(keys: Keys, site: str = "") -> Iterator[Told]:
    """As `evidence.events`; each passage has under `cited` what its source is known by."""
    for start in range(0, len(keys), AT_A_TIME):
        some = list(evidence.events(keys[start : start + AT_A_TIME], site))
        told = {passage["source"] for event in some for passage in event["passages"]}
        sources = evidence.citations(told)
        for event in some:
            there = [one for one in event["passages"] if one["source"] in sources]
            event["passages"] = [one | {"cited": sources[one["source"]]} for one in there]
            yield event


def facts(event: Told) -> list[tuple[str, str]]:
    """What is known of the event, each fact with its label."""
    status = str(Status(event["status"]).label) + (", disputed" if event["disputed"] else "")
    people = "; ".join(filter(None, map(count_in_words, event["counts"])))
    who = ", ".join(f"{line(one['name'])} ({one['role']})" for one in event["participants"])
    looked_at = event["review"] == Review.CONFIRMED
    told = [
        ("Date", edtf_dates.in_words(event["date"])),
        ("Kind", str(Kind(event["kind"]).label)),
        ("Status", status),
        ("Country", str(countries.name(event["country"]))),
        ("People", people),
        ("Who", who),
        ("Review", "Confirmed by a curator" if looked_at else UNCHECKED),
    ]
    return [(label, value) for label, value in told if value]


def count_in_words(count: Any) -> str:
    """A number of people, such as `at least 35,000 detained`; "" where it is none."""
    match count:
        case {"what": str(what), "minimum": int(low), "maximum": int(high)}:
            number = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        case {"what": str(what), "minimum": int(low), "maximum": None}:
            number = f"at least {low:,}"
        case {"what": str(what), "minimum": None, "maximum": int(high)}:
            number = f"up to {high:,}"
        case _:
            return ""
    return f"{number} {line(what)}"


def place(passage: Told) -> str:
    """The address of the passage's words, which stays the same when its text is loaded anew."""
    page, _, _ = passage["address"].partition("#")
    return f"{page}#char={passage['start']},{passage['end']}"


def _source(passage: Told) -> list[str]:
    """What its source is told by, after the headline."""
    cited = passage["cited"]
    told = [cited["publisher"] and line(cited["publisher"]), edtf_dates.in_words(cited["published"])]
    if passage["says"]:
        told.append(f"citing {line(passage['says'])}")
    if passage["standing"] != "current":
        told.append("no longer in the current text or read otherwise since")
    return [one for one in told if one]


def html(event: Told) -> SafeString:
    """Facts, a curator's summary, and every passage with a link to where it stands; all of it escaped."""
    return format_html(
        '<p>{}</p>{}{}<p><a href="{}">The event on the timeline</a></p>',
        format_html_join(_BREAK, "<b>{}:</b> {}", facts(event)),
        paragraphs(event["summary"]),
        format_html_join("", "<blockquote>{}</blockquote><p>{}</p>", map(_quoted, event["passages"])),
        event["address"],
    )


def paragraphs(text: str) -> SafeString:
    """The text with its paragraphs and lines as HTML has them."""
    return SafeString(linebreaks(readable(text), autoescape=True)) if text else SafeString()


def _quoted(passage: Told) -> tuple[SafeString, SafeString]:
    cited = passage["cited"]
    told = ", ".join(_source(passage))
    credit = format_html('<a href="{}">{}</a>, {}', place(passage), line(cited["headline"]), told)
    if cited["url"].startswith(("https://", "http://")):
        credit = format_html('{} (<a href="{}">original</a>)', credit, line(cited["url"]))
    return paragraphs(passage["exact"]), credit


def plain(event: Told) -> str:
    """The same without markup; passages are cited as the site's pages have it."""
    parts = ["\n".join(f"{label}: {value}" for label, value in facts(event)), readable(event["summary"])]
    parts += map(_citation, event["passages"])
    return "\n\n".join(part for part in parts if part)


def _citation(passage: Told) -> str:
    cited = passage["cited"]
    return (
        f"“{readable(passage['exact'])}” — {', '.join([line(cited['headline']), *_source(passage)])}, "
        f"characters {passage['start']}–{passage['end']} of the text with SHA-256 {cited['sha256']}; "
        f"{place(passage)}"
    )
