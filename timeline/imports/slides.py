"""A slide of TimelineJS, out of whichever of its formats, as an event."""

from dataclasses import dataclass

from timeline.documents import ADDRESS, Unreadable
from timeline.imports import classifying, dates
from timeline.imports.judging import Record, named_by
from timeline.imports.rows import Row
from timeline.imports.words import line, plain, shortened


@dataclass(frozen=True, slots=True)
class Slide:
    """`start` and `end` are EDTF; the words may hold HTML, as TimelineJS shows it."""

    start: str
    end: str
    headline: str
    text: str = ""
    caption: str = ""
    credit: str = ""
    link: str = ""
    group: str = ""
    identifier: str = ""


def event(record: Record, slide: Slide, kind: str) -> Row:
    """The event that a slide tells of, of the kind where it names none; raises Unreadable."""
    if not slide.start:
        raise Unreadable("It has no date.", "Add its year, or mark it as the title.")
    date = dates.interval(slide.start, slide.end)
    link = slide.link.strip()
    # What TimelineJS is given to show may be a quotation rather than an address.
    parts = (slide.text, link if link.startswith("<") else "", slide.caption, slide.credit)
    words = [found for part in parts if (found := plain(part))]
    headline = shortened(plain(slide.headline) or (words[0] if words else ""))
    if not headline:
        raise Unreadable("It has no headline and no text.", "Write what happened.")
    group = line(plain(slide.group))
    found, rule = classifying.kind_of(group, headline, kind)
    country = classifying.country_named(group) if rule != "group" else ""
    return Row(
        number=record.number,
        identifier=line(slide.identifier) or named_by(date, headline),
        kind=found,
        title=headline,
        date=date,
        headline=headline,
        text="\n\n".join(words),
        country=country,
        url=link if ADDRESS.fullmatch(link) else "",
        rules={"kind": rule} | ({"country": "group"} if country else {}),
        raw=record.raw,
    )
