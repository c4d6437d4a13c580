"""TimelineJS files in JSON: those of version 3, and those of version 1 (`timeline.date`)."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from timeline.documents import Unreadable
from timeline.imports import dates, slides, trees
from timeline.imports.judging import Record, judge
from timeline.imports.rows import PassedOver, Refused, Row, Verdict
from timeline.imports.slides import Slide
from timeline.imports.trees import ITEM
from timeline.imports.words import storable

SLIDES = {("events", ITEM), ("timeline", "date", ITEM)}
NO_EVENTS = {
    ("title",): "It is the title slide.",
    ("eras", ITEM): "It is an era.",
    ("timeline", "headline"): "It is the timeline’s title.",
    ("timeline", "era", ITEM): "It is an era.",
}


def read(chunks: Iterable[str], kind: str) -> Iterator[Verdict]:
    """A verdict for each slide of a file, the title and the eras passed over."""
    return judge(_records(chunks), partial(_event, kind=kind))


def _records(chunks: Iterable[str]) -> Iterator[Record | Refused | PassedOver]:
    number = eras = 0
    try:
        for place, thing in trees.things(chunks, SLIDES | NO_EVENTS.keys()):
            if place in SLIDES:
                number += 1
                yield _record(number, thing)
            else:
                eras += place[-1] == ITEM
                yield PassedOver(eras if place[-1] == ITEM else 0, NO_EVENTS[place], _raw(thing))
    except trees.Broken as error:
        yield Refused(
            number + 1,
            f"After slide {number} the file can’t be read as JSON: {error}.",
            "Mend it there, or export it again; what comes after hasn’t been read.",
        )


def _record(number: int, slide: Any) -> Record | Refused:
    if slide is trees.TOO_LARGE:
        return Refused(number, "It is over 5 MB.", "Split it, or leave out what is put into it as data.")
    if not isinstance(slide, dict):
        return Refused(number, "It is not a slide.", "Write an object with a date and a text.", _raw(slide))
    return Record(number, slide, storable(slide))


def _raw(thing: Any) -> Mapping[str, Any]:
    if thing is trees.TOO_LARGE:
        return {}
    return storable(thing) if isinstance(thing, dict) else {"value": storable(thing)}


def _event(record: Record, kind: str) -> Row:
    slide = record.cells
    if "startDate" in slide:
        return slides.event(record, _of_old(slide), kind)
    text, media = _part(slide, "text"), _part(slide, "media")
    return slides.event(
        record,
        Slide(
            start=_date(slide, "start_date"),
            end=_date(slide, "end_date"),
            headline=_words(text, "headline"),
            text=_words(text, "text"),
            caption=_words(media, "caption"),
            credit=_words(media, "credit"),
            link=_words(media, "link") or _words(media, "url"),
            group=_words(slide, "group"),
            identifier=_words(slide, "unique_id"),
        ),
        kind,
    )


def _of_old(slide: Mapping[str, Any]) -> Slide:
    asset = _part(slide, "asset")
    return Slide(
        start=dates.of_words(_words(slide, "startDate")),
        end=dates.of_words(_words(slide, "endDate"), "end"),
        headline=_words(slide, "headline"),
        text=_words(slide, "text"),
        caption=_words(asset, "caption"),
        credit=_words(asset, "credit"),
        link=_words(asset, "media"),
        group=_words(slide, "tag"),
        identifier=_words(slide, "unique_id"),
    )


def _date(slide: Mapping[str, Any], name: str) -> str:
    parts = _part(slide, name)
    return dates.of_parts(parts.get("year"), parts.get("month"), parts.get("day"), name.replace("_", " "))


def _part(slide: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object inside the slide, empty where there is none; raises Unreadable."""
    part = slide.get(name) or {}
    if not isinstance(part, dict):
        raise Unreadable(f"Its {name} is not an object.", "Write it as TimelineJS does.")
    return part


def _words(part: Mapping[str, Any], name: str) -> str:
    """Words inside it, "" where there are none; raises Unreadable."""
    words = part.get(name)
    if isinstance(words, (dict, list)):
        raise Unreadable(f"Its {name} is not words.", "Write it as one piece of text.")
    return "" if words is None or isinstance(words, bool) else str(words)
