"""Where the public pages are, for search engines: `sitemap.xml` and what it leads to, and `robots.txt`.

The ids come from the columns in memory; only those of one page are looked up in the database. A sitemap's
page is large and seldom asked for, so it is made each time and not kept.
"""

# Django's sitemaps come without types.
# mypy: disable-error-code="no-untyped-call"

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as pages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from numpy.typing import NDArray

from timeline import columns
from timeline.answers import counted, read_only
from timeline.models import Actor, Event, Source

PER_PAGE = 5_000  # of the 50,000 that there may be: made in half a second
Item = tuple[str, datetime | None]  # an address, and when it last changed
Changed = Mapping[int, datetime | None]
Keys = NDArray[Any]


class Listed:
    """Items by their keys, read when a stretch of them is asked for."""

    def __init__(self, keys: Keys, read: Callable[[list[int]], Changed], name: str) -> None:
        self.keys, self.read = keys, read
        self.before, _, self.after = reverse(name, args=[0]).rpartition("0")

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, stretch: slice) -> list[Item]:
        keys = self.keys[stretch].tolist()
        found = self.read(keys) if keys else {}
        return [(f"{self.before}{key}{self.after}", found[key]) for key in keys if key in found]


class Section(Sitemap[Any]):
    """One kind of pages."""

    limit = PER_PAGE

    def location(self, item: Item) -> str:
        return item[0]

    def lastmod(self, item: Item) -> datetime | None:
        return item[1]

    def get_latest_lastmod(self) -> None:
        """Not told for a whole section: a million rows would be read for it."""


class Timeline(Section):
    def items(self) -> list[Item]:
        return [(reverse("timeline"), None)]


class Events(Section):
    def items(self) -> Any:
        known = columns.current()
        return Listed(known.pk[known.public], self.read, "event")

    @staticmethod
    def read(keys: list[int]) -> Changed:
        return dict(_among(Event.objects.public(), keys).values_list("pk", "updated_at"))


class Sources(Section):
    """Articles that tell of an event, in their newest text."""

    def items(self) -> Any:
        known = columns.current()
        told = np.unique(known.told_source[known.public[known.told_row]])
        old = list(Source.objects.filter(replaced_by__isnull=False).values_list("pk", flat=True))
        return Listed(told[~np.isin(told, old)], self.read, "source")

    @staticmethod
    def read(keys: list[int]) -> Changed:
        return dict(_among(Source.objects.current(), keys).values_list("pk", "loaded_at"))


class Actors(Section):
    """Those with a part in an event."""

    def items(self) -> Any:
        known = columns.current()
        return Listed(np.unique(known.part_actor[known.public[known.part_row]]), self.read, "actor")

    @staticmethod
    def read(keys: list[int]) -> Changed:
        found: Iterable[int] = _among(Actor.objects.all(), keys).values_list("pk", flat=True)
        return dict.fromkeys(found)


def _among(rows: Any, keys: list[int]) -> Any:
    """Rows from the first to the last of these keys, which are in order: no long list is sent."""
    return rows.filter(pk__range=(keys[0], keys[-1])).order_by()


SECTIONS: dict[str, type[Sitemap[Any]] | Sitemap[Any]] = {
    "timeline": Timeline,
    "events": Events,
    "sources": Sources,
    "actors": Actors,
}


@require_safe
@counted
@gzip_page
def sitemap(request: HttpRequest, section: str = "") -> HttpResponse:
    """The index of all sections or, with its name, one of them."""
    if section:
        return pages.sitemap(request, SECTIONS, section).render()
    return pages.index(request, SECTIONS, sitemap_url_name="sitemap").render()


@read_only
def robots(request: HttpRequest) -> HttpResponse:
    """What programs that follow links shall leave alone: the admin, and filters combined without end."""
    return render(request, "robots.txt", content_type="text/plain; charset=utf-8")
