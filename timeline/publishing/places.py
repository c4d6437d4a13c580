"""Which addresses of the site are in a copy, and as which file."""

import posixpath
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import numpy as np
from django.conf import settings
from django.http import QueryDict
from django.urls import Resolver404, resolve
from numpy.typing import NDArray

from timeline import charts
from timeline.filters import Selection
from timeline.models import Source

FRONT = "index.html"
PATHS = {"event": "events/{}.html", "source": "sources/{}.html", "actor": "actors/{}.html"}
STATIC = "static/"
EPOCH = 719163  # the ordinal of 1 January 1970, from which numpy counts days
IN_VIEW = ("page", "event")  # parameters of a visit, not of what is chosen

Numbers = NDArray[np.int64]


class NotFiltered(ValueError):
    """A query string that can't be taken; the message names what is wrong in it."""


def chosen(query: str) -> Selection:
    """The events of a query string, all of whose parameters have to be known and right."""
    asked = QueryDict(query.removeprefix("?"))
    selection = Selection(asked)
    unknown = {problem.name for problem in selection.unknown()}
    wrong = [
        *(f"{name}: a copy has no such parameter." for name in asked if name in IN_VIEW or name in unknown),
        *(f"{problem.name}: {problem.message}" for problem in selection.problems),
    ]
    if wrong:
        raise NotFiltered(" ".join(wrong))
    return selection


class Places:
    """What is in a copy. The keys of events are in the order of time, the others in their own."""

    def __init__(self, selection: Selection) -> None:
        known, rows = selection.columns, selection.rows
        self.selection = selection
        self.events: Numbers = known.pk[rows]
        is_chosen = np.zeros(len(known), dtype=bool)
        is_chosen[rows] = True
        self.sources = self._with_newer(_beside(selection, "source", is_chosen))
        self.actors = _beside(selection, "actor", is_chosen)
        self.years = _years(selection) if len(selection.dated) > charts.LIMIT else []
        self.static: set[str] = set()
        self._sorted = {"event": np.sort(self.events), "source": self.sources, "actor": self.actors}
        self._parameters = selection.parameters

    @staticmethod
    def _with_newer(sources: Numbers) -> Numbers:
        """These and the texts that have taken their place, which their pages lead to."""
        newer = dict(Source.objects.exclude(replaced_by=None).values_list("pk", "replaced_by"))
        found = set()
        for key in set(newer) & set(sources.tolist()):
            following = newer.get(key)
            while following and following not in found:
                found.add(following)
                following = newer.get(following)
        public = Source.objects.public().filter(pk__in=found).values_list("pk", flat=True)
        return np.union1d(sources, np.fromiter(public, dtype=np.int64))

    def __contains__(self, row: tuple[str, int]) -> bool:
        """Whether the copy has a page of this event, source or actor: `("event", 12)`."""
        name, key = row
        keys = self._sorted[name]
        at = int(np.searchsorted(keys, key))
        return at < len(keys) and int(keys[at]) == key

    def file_of(self, address: str) -> str | None:
        """The file in place of an address without a host, or None where the copy has none."""
        parts = urlsplit(address)
        if parts.path.startswith(settings.STATIC_URL):
            name = parts.path.removeprefix(settings.STATIC_URL)
            self.static.add(name)
            return STATIC + name
        name, key = _place(parts.path)
        query = QueryDict(parts.query)
        page = query.get("page", "1")
        if not page.isascii() or not page.isdigit():
            return None
        number = int(page)
        if name == "timeline":
            return self._of_timeline(query, number)
        if name not in PATHS or (name, key) not in self or any(one != "page" for one in query):
            return None
        return numbered(PATHS[name].format(key), number)

    def _of_timeline(self, query: QueryDict, number: int) -> str | None:
        asked = {name: query.getlist(name) for name in query if name != "page"}
        own = dict(self._parameters.lists())
        if asked == own or not asked:
            return numbered(FRONT, number)
        window = [asked.pop(edge, [""])[0] for edge in ("from", "to")]
        rest = {name: values for name, values in own.items() if name not in ("from", "to")}
        year = _year(*window)
        return numbered(file_of_year(year), number) if asked == rest and year in self.years else None

    def of_year(self, year: int) -> Selection:
        """The chosen events that can have happened in this year."""
        first, last = self.selection.window
        query = self._parameters.copy()
        query["from"] = max(f"{year:04}-01-01", first.isoformat() if first else "")
        query["to"] = min(f"{year:04}-12-31", last.isoformat() if last else "9999")
        of_year = Selection(query)
        of_year.columns = self.selection.columns  # what else is written meanwhile is in no part of the copy
        return of_year


def file_of_year(year: int) -> str:
    return f"years/{year:04}.html"


def numbered(file: str, number: int) -> str:
    """The file of one page of the list that begins in `file`."""
    if number == 1:
        return file
    if file == FRONT:
        return f"pages/{number}.html"
    return f"{file.removesuffix('.html')}-page-{number}.html"


def relative(file: str, origin: str) -> str:
    """The address of a file from another one."""
    return posixpath.relpath(file, posixpath.dirname(origin) or ".")


def leading(places: Places, address: str, origin: str, site: str = "") -> Callable[[str], str | None]:
    """Makes of a link on the page of an address, in the file `origin`, one within the copy.

    The function gives None where the link would lead nowhere, and leaves links to other sites as they are.
    With `site`, where the copy will stand, links are absolute.
    """

    def lead(link: str) -> str | None:
        if link.startswith("#"):
            return link
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return link if parts.scheme in ("http", "https", "mailto") else None
        target, _, fragment = urljoin(address, link).partition("#")
        file = places.file_of(target)
        is_here = file == origin and link.startswith("?")  # a bar on the page of its own year
        if file is None or is_here:
            return None
        return (site + file if site else relative(file, origin)) + (f"#{fragment}" if fragment else "")

    return lead


@lru_cache(maxsize=4096)
def _place(path: str) -> tuple[str, int]:
    try:
        match = resolve(path)
    except Resolver404:
        return "", 0
    return match.url_name or "", int(match.kwargs.get("pk", 0))


def _year(first: str, last: str) -> int:
    """The year of a window no longer than one, which a week may begin or end outside of; 0 of any other."""
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return 0
    return (begin + (end - begin) / 2).year if (end - begin).days <= 366 else 0


def _beside(selection: Selection, name: str, is_chosen: NDArray[np.bool_]) -> Numbers:
    """The sources, or actors, that the chosen events have to do with."""
    rows, others = selection.columns.pairs(name)
    return np.unique(others[is_chosen[rows]]).astype(np.int64)


def _years(selection: Selection) -> list[int]:
    """The years that dated events stand in, in order; those of the window, where there is one."""
    first, last = selection.window
    days = selection.columns.days(selection.dated).astype(np.int64)
    days = days.clip((first or date.min).toordinal(), (last or date.max).toordinal()) - EPOCH
    years = np.unique(days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)) + 1970
    return [int(year) for year in years]
