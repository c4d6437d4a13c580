"""How many events each choice of a filter would leave, the other filters in force: counted facets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from timeline import columns
from timeline.filters import Selection
from timeline.models import Actor, Source, only_confirmed

OFFERED = 12  # actors and sources: the busiest
MANY = 1000  # of so many, only the busiest are sorted


@dataclass(frozen=True)
class Option:
    """One choice; `count` events have it, of those that the other filters leave."""

    value: str
    label: str
    count: int
    checked: bool

    @property
    def is_empty(self) -> bool:
        return not self.count and not self.checked


@dataclass(frozen=True)
class Facet:
    """A filter with its choices. `left_out` more actors or sources are not offered."""

    name: str
    label: str
    options: list[Option]
    left_out: int = 0

    @property
    def checked(self) -> int:
        return sum(option.checked for option in self.options)


NAMES = ("kind", "status", "country", "disputed", "review", "actor", "source")


def facets(selection: Selection) -> list[Facet]:
    """The facets of what is chosen, in the order of NAMES; of reviews only where readers see several."""
    return [_facet(selection, name) for name in NAMES if name != "review" or not only_confirmed()]


def _facet(selection: Selection, name: str) -> Facet:
    known = selection.columns
    label = str(selection.filters.filters[name].label)
    if name in ("actor", "source"):
        return _of_many(selection, name, label, selection.chosen(but=[name]))
    rows = selection.numbers(but=[name])
    if name == "disputed":
        held = np.bincount(known.disputed[rows], minlength=2)
        counts = {"true": int(held[1]), "false": int(held[0])}
    else:
        values = columns.VALUES[name]
        counted = np.bincount(getattr(known, name)[rows], minlength=len(values))
        counts = {value: int(count) for value, count in zip(values, counted, strict=True)}
    checked = _checked(selection, name)
    choices: Iterable[tuple[Any, Any]] = selection.filters.filters[name].extra["choices"]
    if name == "country":
        choices = (
            (code, columns.COUNTRY_NAMES[code])
            for code in columns.COUNTRIES
            if code and (columns.CODES["country"][code] in known.anywhere or code in checked)
        )
        choices = sorted(choices, key=lambda choice: (choice[0] not in checked, choice[1]))
    return Facet(
        name,
        label,
        [Option(value, str(words), counts[value], value in checked) for value, words in choices],
    )


def _of_many(selection: Selection, name: str, label: str, rows: NDArray[np.bool_]) -> Facet:
    """The busiest actors or sources, and the chosen ones however few events they have."""
    of_row, others = selection.columns.pairs(name)
    counts = np.bincount(others[rows.take(of_row)]) if len(of_row) else np.zeros(1, dtype=np.int64)
    busiest = np.argsort(-counts, kind="stable")[:OFFERED] if len(counts) <= MANY else _top(counts)
    checked = {int(value) for value in _checked(selection, name)}
    keys = {int(key) for key in busiest if counts[key]} | checked
    names = _names_of[name](keys)
    options = [
        Option(str(key), names[key], int(counts[key]) if key < len(counts) else 0, key in checked)
        for key in keys
        if key in names
    ]
    options.sort(key=lambda option: (-option.count, option.label))
    return Facet(name, label, options, max(0, int(np.count_nonzero(counts)) - len(options)))


def _top(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    top = np.argpartition(-counts, OFFERED)[:OFFERED]
    return top[np.argsort(-counts[top], kind="stable")]


def _checked(selection: Selection, name: str) -> set[str]:
    if selection.filters.errors:
        return set()
    return {str(getattr(one, "pk", one)) for one in selection.filters.form.cleaned_data[name]}


def _actors(keys: Iterable[int]) -> dict[int, str]:
    return {actor.pk: str(actor) for actor in Actor.objects.filter(pk__in=keys)}


def _sources(keys: Iterable[int]) -> dict[int, str]:
    return {source.pk: str(source) for source in Source.objects.defer("text").filter(pk__in=keys)}


_names_of: dict[str, Callable[[Iterable[int]], dict[int, str]]] = {"actor": _actors, "source": _sources}
