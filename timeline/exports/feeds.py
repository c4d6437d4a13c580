"""An Atom feed (RFC 4287) of what is new and what was changed, the newest first, in pages (RFC 5005)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.utils.feedgenerator import Atom1Feed

from timeline.exports import prose
from timeline.exports.chosen import Chosen
from timeline.exports.evidence import Told

AT_A_TIME = 50
CONTENT_TYPE = "application/atom+xml; charset=utf-8"
_MOMENT = "%Y%m%dT%H%M%S.%fZ"


class Change(NamedTuple):
    """When an event was changed last: pages are cut by this, so that none is lost between two of them."""

    moment: datetime
    key: int

    def __str__(self) -> str:
        return f"{self.moment.astimezone(UTC):{_MOMENT}}-{self.key}"


def change(written: str) -> Change | None:
    """The change of which this is the text; None where it is none."""
    moment, _, key = written.partition("-")
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    try:
        return Change(datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC), int(key))
    except ValueError:
        return None


@dataclass(frozen=True)
class Pages:
    """Where this page of a feed and its neighbours are; "" for one that there isn't."""

    this: str
    first: str
    next: str = ""


class _Paged(Atom1Feed):
    """Django's feed with whole contents and with links between its pages."""

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        for name in ("first", "next"):
            if address := self.feed[name]:
                handler.addQuickElement("link", "", {"rel": name, "href": address})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content", item["content"], {"type": "html"})


def feed(chosen: Chosen, pages: Pages) -> bytes:
    """The chosen events in their order, as one page of a feed."""
    written = _Paged(
        title="; ".join([prose.NAME, *map(prose.line, chosen.filters)]),
        link=chosen.address,
        description=None,
        subtitle="New and changed events, the newest change first",
        language="en-GB",
        author_name=prose.NAME,
        feed_url=pages.this,
        feed_guid=pages.first,
        first=pages.first,
        next=pages.next,
    )
    host = urlsplit(chosen.site).hostname or ""
    for event in prose.events(chosen.keys, chosen.site):
        written.add_item(**_entry(event, host))
    return written.writeString("utf-8").encode()


def _entry(event: Told, host: str) -> dict[str, Any]:
    created = datetime.fromisoformat(event["created_at"])
    return {
        "title": prose.line(event["title"]),
        "link": event["address"],
        "description": None,
        "unique_id": f"tag:{host},{created:%Y-%m-%d}:event-{event['id']}",
        "pubdate": created,
        "updateddate": datetime.fromisoformat(event["updated_at"]),
        "categories": [one for one in (event["kind"], event["country"]) if one],
        "content": prose.html(event),
    }
