"""Whether the article reports that an event's fairness, legality or truth is contested."""

from dataclasses import dataclass
from functools import lru_cache
from re import Pattern

from timeline.extraction import lexicon
from timeline.extraction.records import Span


@dataclass(frozen=True, slots=True)
class _Cues:
    votes: Pattern[str]
    acts: Pattern[str]
    act_kinds: frozenset[str]
    denial: Pattern[str]
    after: dict[str, Pattern[str]]


@lru_cache(maxsize=1)
def _cues() -> _Cues:
    data = lexicon.table("disputed")
    return _Cues(
        lexicon.compiled(data["votes"]["pattern"]),
        lexicon.compiled(data["acts"]["pattern"]),
        frozenset(data["acts"]["kinds"]),
        lexicon.compiled(data["denial"]["pattern"]),
        {name: lexicon.compiled(entry["pattern"]) for name, entry in data["after"].items()},
    )


def read(text: str, start: int, end: int, kind: str) -> Span | None:
    """The words in `text[start:end]` that contest an event of the kind, None if there are none."""
    cues = _cues()
    if kind == "protest" or cues.denial.search(text, start, end):
        return None
    if kind in ("referendum", "election", "vote"):
        match = cues.votes.search(text, start, end)
    elif kind in cues.act_kinds:
        match = cues.acts.search(text, start, end)
        if match is None and kind == "crackdown":
            match = cues.after["crackdown"].search(text, start, end)
    else:
        match = None
    return Span(match.start(), match.end()) if match else None


def read_after(text: str, start: int, end: int, kind: str) -> Span | None:
    """The words of a sentence without an event of the kind that contest the one told just before it."""
    cues = _cues()
    name = "votes" if kind in ("referendum", "election") else kind
    if name not in cues.after or cues.denial.search(text, start, end):
        return None
    match = cues.after[name].search(text, start, end)
    return Span(match.start(), match.end()) if match else None
