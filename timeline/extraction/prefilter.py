"""Which of many regular expressions can match a text at all, found in one pass over it.

Every match of a pattern holds certain strings: one of "march" or "rally", say, and one of "city" or "square".
They are read off the pattern's own parse, so that no list has to be kept beside it; an Aho-Corasick automaton
finds all strings of all patterns at once. The idea is that of RE2's FilteredRE2.
"""

from collections.abc import Iterable, Iterator, Sequence
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import ahocorasick

SHORTEST = 3  # shorter strings are in every text
MOST_SPELLINGS = 32  # of one run of letters, such as "organi[sz]e(?:d|s)?"
MOST_STRINGS = 400  # a set larger than that rules out little

Strings = frozenset[str]
T = TypeVar("T")


class Written(Protocol):
    """A regular expression, be it compiled or not."""

    @property
    def pattern(self) -> str: ...
    @property
    def flags(self) -> int: ...


def required(pattern: Written) -> list[Strings]:
    """Sets of strings in lower case: each match of the pattern holds at least one of every set.

    A blank in a string stands for any white space, as in a text that `Prefilter.may_match` looks at.
    """
    return _Parsed(pattern).required()


def ways(pattern: Written) -> list[list[Strings]]:
    """`required` of each branch of the outermost choice: a match holds what one of them asks for."""
    return _Parsed(pattern).ways()


_SPACE = frozenset([" "])
_NOTHING = frozenset([""])
_ENDLESS: Strings = frozenset()
_SPACES = (code.CATEGORY, code.CATEGORY_SPACE)
_RUN = "letters"
_REPEATS = (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT)
# The parts of a parse, each an operation with its argument; those with parts of their own have them in that.
Parts: TypeAlias = list[tuple[Any, Any]]


class _Parsed:
    """A pattern's parse, which remembers what was found out of its parts: each is asked for many times."""

    def __init__(self, pattern: Written) -> None:
        self._parts: Parts = parser.parse(pattern.pattern, pattern.flags).data
        # By the identity of the parts, which stay as long as this does.
        self._required_by: dict[int, list[Strings]] = {}
        self._spellings_of: dict[int, Strings] = {}

    def required(self) -> list[Strings]:
        return self._required(self._parts)

    def ways(self) -> list[list[Strings]]:
        return self._ways(self._parts)

    def _ways(self, parts: Parts) -> list[list[Strings]]:
        for place, (operation, argument) in enumerate(parts):
            if operation is code.BRANCH:
                branches = [way for branch in argument[1] for way in self._ways(branch.data)]
            elif operation is code.SUBPATTERN:
                branches = self._ways(argument[3].data)
            else:
                continue
            if len(branches) > 1:
                beside = self._read(parts[:place]) + self._read(parts[place + 1 :])
                return [branch + beside for branch in branches]
        return [self._required(parts)]

    def _required(self, parts: Parts) -> list[Strings]:
        if (known := self._required_by.get(id(parts))) is None:
            known = self._required_by[id(parts)] = self._read(parts)
        return known

    def _read(self, parts: Parts) -> list[Strings]:
        sets: list[Strings] = []
        spellings = _NOTHING
        for operation, argument in _in_runs(parts):
            if operation is code.ASSERT:  # takes up no letters, but its own have to follow
                sets += self._required(argument[1].data)
                continue
            longer = _joined(spellings, self._spellings(operation, argument))
            if longer:
                spellings = longer
                continue
            _keep(sets, spellings)
            spellings = _NOTHING
            sets += self._inside(operation, argument)
        _keep(sets, spellings)
        return sets

    def _spellings(self, operation: Any, argument: Any) -> Strings:
        """All that a part can match, in lower case; none if that has no end or more than MOST_SPELLINGS."""
        if operation is _RUN:
            return frozenset([argument])
        if operation is code.LITERAL:
            return frozenset([chr(argument).lower()])
        if operation in (code.AT, code.ASSERT, code.ASSERT_NOT):
            return _NOTHING
        if operation is code.IN:
            return _alternatives(
                _SPACE if inner == _SPACES else self._spellings(*inner) for inner in argument
            )
        if operation is code.SUBPATTERN:
            return self._sequence(argument[3].data)
        if operation is code.ATOMIC_GROUP:
            return self._sequence(argument.data)
        if operation is code.BRANCH:
            return _alternatives(self._sequence(branch.data) for branch in argument[1])
        if operation in _REPEATS:
            least, most, repeated = argument
            once = self._sequence(repeated.data)
            if once and (most == 1 or once == _SPACE):
                return once if least else once | _NOTHING
        return _ENDLESS

    def _sequence(self, parts: Parts) -> Strings:
        if (known := self._spellings_of.get(id(parts))) is None:
            known = self._spellings_of[id(parts)] = self._together(parts)
        return known

    def _together(self, parts: Parts) -> Strings:
        spellings = _NOTHING
        for operation, argument in _in_runs(parts):
            spellings = _joined(spellings, self._spellings(operation, argument))
            if not spellings:
                break
        return spellings

    def _inside(self, operation: Any, argument: Any) -> list[Strings]:
        """What a part with parts of its own requires; nothing where it may be left out."""
        if operation is code.SUBPATTERN:
            return self._required(argument[3].data)
        if operation is code.ATOMIC_GROUP:
            return self._required(argument.data)
        if operation in _REPEATS:
            return self._required(argument[2].data) if argument[0] else []
        if operation is code.BRANCH:
            branches = [self._required(branch.data) for branch in argument[1]]
            if all(branches):
                either = frozenset().union(*map(_sharpest, branches))
                return [either] if len(either) <= MOST_STRINGS else []
        return []


def _in_runs(parts: Parts) -> Iterator[tuple[Any, Any]]:
    """The parts, with each run of letters as one of them, in lower case."""
    letters = ""
    for part in parts:
        if part[0] is code.LITERAL:
            letters += chr(part[1]).lower()
            continue
        if letters:
            yield _RUN, letters
            letters = ""
        yield part
    if letters:
        yield _RUN, letters


def _joined(starts: Strings, ends: Strings) -> Strings:
    if len(starts) * len(ends) > MOST_SPELLINGS:
        return _ENDLESS
    if starts == _NOTHING or ends == _NOTHING:
        return ends if starts == _NOTHING else starts
    return frozenset([start + end for start in starts for end in ends])


def _alternatives(parts: Iterable[Strings]) -> Strings:
    """All of the parts' spellings, none if one of the parts has none."""
    either: set[str] = set()
    for spellings in parts:
        if not spellings:
            return _ENDLESS
        either |= spellings
        if len(either) > MOST_SPELLINGS:
            return _ENDLESS
    return frozenset(either)


def _keep(sets: list[Strings], strings: Strings) -> None:
    """Add the strings, without those that hold another of them, if nearly no text has to hold one."""
    if not all(_telling(string) for string in strings):
        return
    kept: list[str] = []
    for string in sorted(strings, key=len):
        if not any(other in string for other in kept):
            kept.append(string)
    sets.append(frozenset(kept))


def _telling(string: str) -> bool:
    """Whether not nearly every text has the string: it has letters enough, or a sign that is rare."""
    return len(string.strip()) >= SHORTEST or "%" in string


def _sharpest(sets: Sequence[Strings]) -> Strings:
    """The set that rules out most: of long strings, and of few."""
    return max(sets, key=lambda strings: (min(len(string.strip()) for string in strings), -len(strings)))


class Prefilter(Generic[T]):
    """Tells, for a text, which of the things it was made with have a pattern that may match in it."""

    def __init__(self, patterns: Iterable[tuple[Written, T]]) -> None:
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
            parsed = _Parsed(pattern)
            any_of = tuple({need(way) for way in parsed.ways()})
            self._needs.append((need(parsed.required()), () if 0 in any_of else any_of, thing))
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
