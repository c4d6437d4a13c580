"""W3C Web Annotations: each passage an annotation that identifies the event which its words tell of.

Selectors hold the very words and their places, whatever they are; offsets are code points.
"""

import base64
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from timeline import edtf_dates
from timeline.exports import prose
from timeline.exports.chosen import Chosen
from timeline.exports.evidence import READ, Told

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
CONTENT_TYPE = f'application/ld+json; profile="{CONTEXT}"'


def collection(chosen: Chosen) -> Iterator[bytes]:
    """The passages of the chosen events, as one AnnotationCollection of one page."""
    events = prose.events(chosen.keys, chosen.site)
    passages = ((event, passage) for event in events for passage in event["passages"])
    return _written(chosen, passages)


def of_source(chosen: Chosen, source: int) -> Iterator[bytes]:
    """Those of them that stand in one source."""
    events = prose.events(chosen.keys, chosen.site)
    passages = ((event, one) for event in events for one in event["passages"] if one["source"] == source)
    return _written(chosen, passages)


def _written(chosen: Chosen, passages: Iterable[tuple[Told, Told]]) -> Iterator[bytes]:
    """The total comes last: it is known once all have been written."""
    software = {"type": "Software", "name": prose.NAME, "homepage": f"{chosen.site}/"}
    label = "; ".join([prose.NAME, *map(prose.line, chosen.filters)])
    head = {
        "@context": CONTEXT,
        "id": f"{chosen.address}#annotations",
        "type": "AnnotationCollection",
        "label": label,
        "generator": software,
        "generated": chosen.at.isoformat(),
    }
    page = {"id": f"{chosen.address}#page", "type": "AnnotationPage", "startIndex": 0}
    yield _open(head) + b',\n"first": ' + _open(page) + b', "items": ['
    total = 0
    for event, passage in passages:
        yield (b",\n" if total else b"\n") + orjson.dumps(annotation(event, passage))
        total += 1
    yield b'\n]}, "total": %d}\n' % total


def _open(told: dict[str, Any]) -> bytes:
    """An object that goes on."""
    return orjson.dumps(told)[:-1]


def annotation(event: Told, passage: Told) -> dict[str, Any]:
    """One passage: the event that it identifies, how it was read, and where its words stand."""
    source = passage["cited"]
    by_machine = bool(passage["extractor"])
    creator = (
        {"type": "Software", "name": f"Extractor {passage['extractor']}"}
        if by_machine
        else {"type": "Person", "name": "a curator"}
    )
    page, _, _ = passage["address"].partition("#")
    return {
        "id": passage["address"],
        "type": "Annotation",
        "motivation": "identifying",
        "creator": creator,
        # When a curator made a passage is in the history, which isn't public.
        **({"created": source["loaded_at"]} if by_machine else {}),
        "modified": event["updated_at"],
        "body": _bodies(event, passage),
        "target": {
            "type": "SpecificResource",
            "source": page,
            "selector": [
                {
                    "type": "TextQuoteSelector",
                    "exact": passage["exact"],
                    "prefix": passage["prefix"],
                    "suffix": passage["suffix"],
                },
                {"type": "TextPositionSelector", "start": passage["start"], "end": passage["end"]},
            ],
            "state": {
                "type": "TimeState",
                "sourceDate": source["loaded_at"],
                "cached": [*_text(page), named_by_hash(source["sha256"])],
            },
        },
    }


def _bodies(event: Told, passage: Told) -> list[dict[str, Any]]:
    """The event itself, its kind, the event in words, and all that was read in the passage as JSON."""
    reading = {name: passage[name] for name in (*READ, "spans", "standing")}
    return [
        {"type": "SpecificResource", "purpose": "identifying", "source": event["address"]},
        {"type": "TextualBody", "purpose": "classifying", "format": "text/plain", "value": event["kind"]},
        {
            "type": "TextualBody",
            "purpose": "describing",
            "format": "text/plain",
            "value": f"{prose.line(event['title'])}, {edtf_dates.in_words(event['date'])}",
        },
        {
            "type": "TextualBody",
            "purpose": "describing",
            "format": "application/json",
            "value": orjson.dumps(reading).decode(),
        },
    ]


def _text(page: str) -> list[str]:
    """Where the very bytes are that the hash is of. No copy has them; its pages are files."""
    return [f"{page.removesuffix('/')}.txt"] if page.endswith("/") else []


def named_by_hash(sha256: str) -> str:
    """The name of a text by its SHA-256, as RFC 6920 has it."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()
    return f"ni:///sha-256;{digest}"
