"""Which of many regular expressions can match a text at all, found in one pass over it.

Every match of a pattern holds certain strings: one of "march" or "rally", say, and one of "city" or "square".
They are read off the pattern's own parse, so that no list has to be kept beside it; an Aho-Corasick automaton
finds all strings of all patterns at once. The idea is that of RE2's FilteredRE2.
"""

import re
from collections.abc import Iterable, Sequence
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, TypeVar

import ahocorasick

SHORTEST = 3  # shorter strings are in every text
MOST_SPELLINGS = 8  # of one run of letters, such as "organi[sz]ed"
MOST_STRINGS = 400  # a set larger than that rules out little

Strings = frozenset[str]
T = TypeVar("T")


def required(pattern: re.Pattern[str]) -> list[Strings]:
    """Sets of strings in lower case: each match of the pattern holds at least one of every set."""
    return _required(parser.parse(pattern.pattern, pattern.flags))


def _required(parsed: Iterable[tuple[Any, Any]]) -> list[Strings]:
    sets: list[Strings] = []
    spellings = [""]
    for operation, argument in parsed:
        letters = _letters(operation, argument)
        if letters and len(letters) * len(spellings) <= MOST_SPELLINGS:
            spellings = [start + letter for start in spellings for letter in letters]
            continue
        if operation in (code.AT, code.ASSERT, code.ASSERT_NOT):
            continue  # they take up no letters
        _keep(sets, spellings)
        spellings = [""]
        sets += _inside(operation, argument)
    _keep(sets, spellings)
    return sets


def _letters(operation: Any, argument: Any) -> list[str]:
    if operation is code.LITERAL:
        return [chr(argument).lower()]
    if operation is code.IN and all(inner is code.LITERAL for inner, _ in argument):
        return [chr(letter).lower() for _, letter in argument]
    return []


def _keep(sets: list[Strings], strings: Iterable[str]) -> None:
    kept = frozenset(strings)
    if all(len(string) >= SHORTEST for string in kept):
        sets.append(kept)


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
    return max(sets, key=lambda strings: (min(map(len, strings)), -len(strings)))


class Prefilter(Generic[T]):
    """Tells, for a text, which of the things it was made with have a pattern that may match in it."""

    def __init__(self, patterns: Iterable[tuple[re.Pattern[str], T]]) -> None:
        # A bit for each set of each pattern; a string that is found sets those of the sets that it is in.
        bits: dict[str, int] = {}
        self._needs: list[tuple[int, T]] = []
        bit = 1
        for pattern, thing in patterns:
            need = 0
            for strings in required(pattern):
                need |= bit
                for string in strings:
                    bits[string] = bits.get(string, 0) | bit
                bit <<= 1
            self._needs.append((need, thing))
        self._automaton = ahocorasick.Automaton()
        for string, mask in bits.items():
            self._automaton.add_word(string, mask)
        self._automaton.make_automaton()

    def may_match(self, text: str) -> list[T]:
        """In their order, all but those that can't match."""
        seen = 0
        for _, mask in self._automaton.iter(text.lower()):
            seen |= mask
        return [thing for need, thing in self._needs if seen & need == need]
