"""Actors that may be the same: names alike but for case, accents or a first name, or shared.

It is a hint for curators, no more. All names are gone through at once, and nothing is stored.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q

from timeline.models import Actor

WIDELY_SHARED = 4  # a surname that more fuller names end in says nothing of who is meant
MOST_GROUPS = 200
NOT_IN_WORDS = re.compile(r"[\W_]+")
ACCENTS = re.compile("[\u0300-\u036f]+")

WIKIDATA = "the same Wikidata id"
SAME_NAME = "the same name but for case, accents or signs"
KNOWN_BY = "one is known by a name of the other"
INITIAL = "the same surname and first letter"
SURNAME = "one’s name is the other’s surname"
REASONS = (WIKIDATA, SAME_NAME, KNOWN_BY, INITIAL, SURNAME)  # the strongest first


@dataclass(frozen=True)
class Likely:
    """Two actors that may be the same, by key, and why: one of REASONS."""

    one: int
    other: int
    reason: str


class _Name(NamedTuple):
    key: int
    name: str
    kind: str
    country: str
    wikidata: str
    aliases: Sequence[str]


def folded(name: str) -> str:
    """A name without what is written now so and now so: case, accents, signs."""
    if not name.isascii():
        apart = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
        name = ACCENTS.sub("", apart)
    return NOT_IN_WORDS.sub(" ", name.casefold()).strip()


def likely(actor: Actor | None = None) -> list[Likely]:
    """Pairs that may be the same, the strongest reason first, each pair once.

    With `actor`, only its own, and those alone that the database finds by the letters of its names.
    """
    rows = Actor.objects.filter(merged_into=None).order_by("pk")
    if actor:
        rows = rows.filter(_alike(actor))
    # Few have an alias: reading JSON for all would take half of the time.
    aliases = dict(rows.exclude(aliases=[]).values_list("pk", "aliases"))
    fields = ("pk", "name", "kind", "country", "wikidata")
    names = [
        _Name(pk, name, kind, str(country or ""), wikidata, aliases.get(pk, ()))
        for pk, name, kind, country, wikidata in rows.values_list(*fields).iterator(chunk_size=5000)
    ]
    found: dict[tuple[int, int], Likely] = {}
    only = actor.pk if actor else None
    for one, other, reason in _pairs(names, only):
        pair = min(one.key, other.key), max(one.key, other.key)
        if one.key != other.key and pair not in found and _can_be_one(one, other, reason):
            found[pair] = Likely(*pair, reason)
    return sorted(found.values(), key=lambda one: (REASONS.index(one.reason), one.one, one.other))


def groups(most: int = MOST_GROUPS) -> tuple[list[tuple[list[int], str]], int]:
    """Actors that may all be the same, by key, with the strongest reason; and how many such groups are."""
    leads: dict[int, int] = {}

    def first(key: int) -> int:
        while leads.get(key, key) != key:
            key = leads[key]
        return key

    reasons: dict[int, str] = {}
    for pair in likely():
        one, other = sorted((first(pair.one), first(pair.other)))
        reason = min(
            (reasons.get(one, pair.reason), reasons.get(other, pair.reason), pair.reason), key=REASONS.index
        )
        leads[other] = one
        leads.setdefault(one, one)
        reasons[one] = reason
    members: defaultdict[int, list[int]] = defaultdict(list)
    for key in sorted(leads):
        members[first(key)].append(key)
    ordered = sorted(members.items(), key=lambda item: (REASONS.index(reasons[item[0]]), item[0]))
    return [(keys, reasons[root]) for root, keys in ordered[:most]], len(ordered)


def _alike(actor: Actor) -> Q:
    wanted = Q(pk=actor.pk)
    if actor.wikidata:
        wanted |= Q(wikidata=actor.wikidata)
    for name in (actor.name, *actor.aliases):
        last = name.split()[-1:]
        for words in {name, *last, folded(name), *folded(name).split()[-1:]} - {""}:
            wanted |= Q(name__iendswith=words)
        wanted |= Q(aliases__icontains=name)
    return wanted


def _pairs(names: Sequence[_Name], only: int | None) -> Iterator[tuple[_Name, _Name, str]]:
    """What is alike, the strongest reason first; many may be named twice."""
    by_id: defaultdict[str, list[_Name]] = defaultdict(list)
    by_name: defaultdict[str, list[_Name]] = defaultdict(list)
    by_alias: defaultdict[str, list[_Name]] = defaultdict(list)
    by_last: defaultdict[str, list[tuple[str, _Name]]] = defaultdict(list)
    for one in names:
        if one.wikidata:
            by_id[one.wikidata].append(one)
        plain = folded(one.name)
        by_name[plain].append(one)
        for alias in one.aliases:
            by_alias[folded(str(alias))].append(one)
        before, _, last = plain.rpartition(" ")
        if before and one.kind in ("person", ""):
            by_last[last].append((before, one))
    for by in (by_name, by_alias):
        by.pop("", None)
    yield from _all_of(by_id.values(), WIKIDATA, only)
    yield from _all_of(by_name.values(), SAME_NAME, only)
    known_by = ([*known, *by_name.get(alias, ())] for alias, known in by_alias.items())
    yield from _all_of(known_by, KNOWN_BY, only)
    yield from _initials(by_last, only)
    yield from _surnames(by_last, by_name, only)


def _surnames(
    by_last: dict[str, list[tuple[str, _Name]]], by_name: dict[str, list[_Name]], only: int | None
) -> Iterator[tuple[_Name, _Name, str]]:
    for last in by_last.keys() & by_name.keys():
        if len(by_last[last]) <= WIDELY_SHARED:
            for _, one in by_last[last]:
                for other in by_name[last]:
                    if only in (None, one.key, other.key) and other.kind in ("person", ""):
                        yield one, other, SURNAME


def _all_of(
    alike: Iterable[Sequence[_Name]], reason: str, only: int | None
) -> Iterator[tuple[_Name, _Name, str]]:
    for several in alike:
        if len(several) < 2 or (only and all(one.key != only for one in several)):
            continue
        # Of very many each is set beside its neighbour: the group is the same.
        for number, one in enumerate(several):
            for other in several[number + 1 :] if len(several) <= 20 or only else several[number + 1 :][:1]:
                if only in (None, one.key, other.key):
                    yield one, other, reason


def _initials(
    by_last: dict[str, list[tuple[str, _Name]]], only: int | None
) -> Iterator[tuple[_Name, _Name, str]]:
    for bearers in by_last.values():
        short = [(before, one) for before, one in bearers if len(before) == 1]
        for letter, one in short:
            fuller = [other for before, other in bearers if len(before) > 1 and before[0] == letter]
            if len(fuller) <= WIDELY_SHARED:
                for other in fuller:
                    if only in (None, one.key, other.key):
                        yield one, other, INITIAL


def _can_be_one(one: _Name, other: _Name, reason: str) -> bool:
    """Nothing else says that they are two: other countries, kinds or ids."""
    if reason == WIKIDATA:
        return True
    return all(
        not mine or not theirs or mine == theirs
        for mine, theirs in (
            (one.country, other.country),
            (one.kind, other.kind),
            (one.wikidata, other.wikidata),
        )
    )
