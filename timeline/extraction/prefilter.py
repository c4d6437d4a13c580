"""Which of many regular expressions can match a text at all, found in one pass over it.

Every match of a pattern holds certain strings: one of "march" or "rally", say, and one of "city" or "square".
They are read off the pattern's own parse, so that no list has to be kept beside it; an Aho-Corasick automaton
finds all strings of all patterns at once. The idea is that of RE2's FilteredRE2.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, TypeVar

import ahocorasick

SHORTEST = 3  # shorter strings are in every text
MOST_SPELLINGS = 32  # of one run of letters, such as "organi[sz]e(?:d|s)?"
MOST_STRINGS = 400  # a set larger than that rules out little

Strings = frozenset[str]
T = TypeVar("T")


def required(pattern: re.Pattern[str]) -> list[Strings]:
    """Sets of strings in lower case: each match of the pattern holds at least one of every set.

    A blank in a string stands for any white space, as in a text that `Prefilter.may_match` looks at.
    """
    return _required(_parsed(pattern))


@lru_cache(maxsize=2)
def _parsed(pattern: re.Pattern[str]) -> Any:
    return parser.parse(pattern.pattern, pattern.flags)


def ways(pattern: re.Pattern[str]) -> list[list[Strings]]:
    """`required` of each branch of the outermost choice: a match holds what one of them asks for."""
    return _ways(_parsed(pattern))


def _ways(parsed: Any) -> list[list[Strings]]:
    for place, (operation, argument) in enumerate(parsed):
        if operation is code.BRANCH:
            branches = [way for branch in argument[1] for way in _ways(branch)]
        elif operation is code.SUBPATTERN:
            branches = _ways(argument[3])
        else:
            continue
        if len(branches) > 1:
            beside = _required(parsed[:place]) + _required(parsed[place + 1 :])
            return [branch + beside for branch in branches]
    return [_required(parsed)]


@lru_cache(maxsize=1024)  # what a branch requires is asked for by the whole pattern and for itself
def _required(parsed: Any) -> list[Strings]:
    sets: list[Strings] = []
    spellings = {""}
    for operation, argument in parsed:
        if operation is code.ASSERT:  # takes up no letters, but its own have to follow
            sets += _required(argument[1])
            continue
        longer = _joined(spellings, _spellings(operation, argument))
        if longer:
            spellings = longer
            continue
        _keep(sets, spellings)
        spellings = {""}
        sets += _inside(operation, argument)
    _keep(sets, spellings)
    return sets


def _spellings(operation: Any, argument: Any) -> set[str]:
    """All that a part can match, in lower case; none if that is without end or more than MOST_SPELLINGS."""
    if operation is code.LITERAL:
        return {chr(argument).lower()}
    if operation in (code.AT, code.ASSERT, code.ASSERT_NOT):
        return {""}
    if operation is code.IN:
        return _alternatives(_SPACE if inner == _SPACES else _spellings(*inner) for inner in argument)
    if operation is code.SUBPATTERN:
        return _sequence(argument[3])
    if operation is code.ATOMIC_GROUP:
        return _sequence(argument)
    if operation is code.BRANCH:
        return _alternatives(_sequence(branch) for branch in argument[1])
    if operation in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        least, most, repeated = argument
        once = _sequence(repeated)
        if once and (most == 1 or once == _SPACE):
            return once if least else once | {""}
    return set()


_SPACE = {" "}
_SPACES = (code.CATEGORY, code.CATEGORY_SPACE)


def _sequence(parsed: Iterable[tuple[Any, Any]]) -> set[str]:
    spellings = {""}
    for operation, argument in parsed:
        spellings = _joined(spellings, _spellings(operation, argument))
    return spellings


def _joined(starts: set[str], ends: set[str]) -> set[str]:
    if len(starts) * len(ends) > MOST_SPELLINGS:
        return set()
    return {start + end for start in starts for end in ends}


def _alternatives(parts: Iterable[set[str]]) -> set[str]:
    every = list(parts)
    either = set().union(*every)
    return either if all(every) and len(either) <= MOST_SPELLINGS else set()


def _keep(sets: list[Strings], strings: Iterable[str]) -> None:
    every = set(strings)
    kept = frozenset(one for one in every if not any(other in one for other in every - {one}))
    if all(_telling(string) for string in kept):
        sets.append(kept)


def _telling(string: str) -> bool:
    """Whether not nearly every text has the string: it has letters enough, or a sign that is rare."""
    return len(string.strip()) >= SHORTEST or "%" in string


def _inside(operation: Any, argument: Any) -> list[Strings]:
    """What a part with parts of its own requires; nothing where it may be left out."""
    if operation is code.SUBPATTERN:
        return _required(argument[3])
    if operation is code.ATOMIC_GROUP:
        return _required(argument)
    if operation in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        return _required(argument[2]) if argument[0] else []
    if operation is code.BRANCH:
        branches = [_required(branch) for branch in argument[1]]
        if all(branches):
            either = frozenset().union(*map(_sharpest, branches))
            return [either] if len(either) <= MOST_STRINGS else []
    return []


def _sharpest(sets: Sequence[Strings]) -> Strings:
    """The set that rules out most: of long strings, and of few."""
    return max(sets, key=lambda strings: (min(len(string.strip()) for string in strings), -len(strings)))


class Prefilter(Generic[T]):
    """Tells, for a text, which of the things it was made with have a pattern that may match in it."""

    def __init__(self, patterns: Iterable[tuple[re.Pattern[str], T]]) -> None:
        # A bit for each set of strings; a string that is found sets the bits of those that it is in.
        bits: dict[Strings, int] = {}

        def need(sets: Iterable[Strings]) -> int:
            found = 0
            for strings in sets:
                found |= bits.setdefault(strings, 1 << len(bits))
            return found

        self._needs: list[tuple[int, tuple[int, ...], T]] = []
        for pattern, thing in patterns:
            # The ways are many, so they are asked only where what all of them need is there.
            any_of = tuple({need(way) for way in ways(pattern)})
            self._needs.append((need(required(pattern)), () if 0 in any_of else any_of, thing))
        masks: dict[str, int] = {}
        for strings, bit in bits.items():
            for string in strings:
                masks[string] = masks.get(string, 0) | bit
        self._automaton = ahocorasick.Automaton()
        for string, mask in masks.items():
            self._automaton.add_word(string, mask)
        self._automaton.make_automaton()

    def may_match(self, text: str) -> list[T]:
        """In their order, all but those that can't match."""
        seen = 0
        for _, mask in self._automaton.iter(f" {' '.join(text.lower().split())} "):
            seen |= mask
        return [
            thing
            for need, any_of, thing in self._needs
            if seen & need == need and (not any_of or any(seen & way == way for way in any_of))
        ]
