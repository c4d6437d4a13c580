"""Whether a clause tells of what is past or of what is to come: bare weekdays and months depend on it."""

from timeline.extraction.dates import vocabulary as words
from timeline.extraction.dates.patterns import Sentence

PAST, UNTOLD, FUTURE = -1, 0, 1
AHEAD = 2  # to come as seen from the day of telling, whatever else has been told: "will", "is due"
NEAREST = 3  # the words that name a vote say nothing of when: "the election of 7 November"
LATELY = -2  # past, but seen from the day of telling: "has been", "said"
EARLIER = -3  # past already when the rest was: "had been"

_BACK, _ON = 30, 25  # tokens of the clause that are looked at before and after
_CLOSE = 4  # so near has "is" to stand
_STARTS = frozenset([";", "—", "(", ":"])
_ENDS = frozenset([";", "—", ")"])
_PRESENT = frozenset(["is", "are", "re"])
_WILL = frozenset(["will", "shall", "ll"])
_WAS = frozenset(["was", "were", "had"])
_BOUNDS = frozenset(["by", "until", "till", "before"])
_BEHIND = frozenset(["after", "since", "following", "from"])


def tense_around(sentence: Sentence, first: int, last: int) -> int:
    """PAST, LATELY, FUTURE or UNTOLD for the clause of tokens `first` to `last`.

    The nearest word that tells decides, those before the date first.
    """
    opening = sentence.words[first - 1].lower() if first else ""
    if opening in words.AHEAD_OF:
        return FUTURE
    after = [word.lower() for word in sentence.words[last : last + 4]]
    if after[:2] == ["as", "the"] and not {"date", "day"}.isdisjoint(after):  # "chose 3 May as the new date"
        return FUTURE
    if told := _before(sentence, first, possessive=after[:1] in (["'"], ["’"])):
        return PAST if told > UNTOLD and opening in _BEHIND and _stands(sentence, first) else told
    beyond = last + (opening == "from" and after[:1] in (["until"], ["till"]))
    return _after(sentence, beyond) or (FUTURE if opening in _BOUNDS else UNTOLD)


def _stands(sentence: Sentence, first: int) -> bool:
    """Whether "is" or "are" is the nearest word that tells."""
    near = sentence.words[max(0, first - _CLOSE) : first]
    return not _PRESENT.isdisjoint(word.lower() for word in near)


def _before(sentence: Sentence, first: int, *, possessive: bool) -> int:
    for position in range(first - 1, max(first - _BACK, -1), -1):
        word = sentence.words[position].lower()
        if tells := _tense_of(sentence, position):
            return tells
        if word in _PRESENT and first - position <= _CLOSE and not possessive:
            return AHEAD
        if word == "to" and position and _to_do(sentence, position, first):
            return FUTURE
        if word in _STARTS:
            break
    return UNTOLD


def _after(sentence: Sentence, last: int) -> int:
    for position in range(last, min(last + _ON, len(sentence.words))):
        if _of_noun(sentence, position):
            continue
        if tells := _tense_of(sentence, position):
            return tells
        word = sentence.words[position].lower()
        if word in _PRESENT and position <= last + 2 and sentence.words[last] not in {"'", "’"}:
            return FUTURE
        if word in _ENDS:
            break
    return UNTOLD


def _of_noun(sentence: Sentence, position: int) -> bool:
    """Whether a participle only says something of a noun: "the vote to be held in May"."""
    if sentence.words[position - 1] != "be" or position < 3:
        return False
    before = [word.lower() for word in sentence.words[position - 3 : position]]
    return before[-2:] == ["to", "be"] and before[0] not in _PRESENT | _WAS


def _to_do(sentence: Sentence, position: int, first: int) -> bool:
    """Whether "to" opens what somebody means to do: "vowed to return", "are to gather"."""
    before, after = sentence.words[position - 1].lower(), sentence.words[position + 1].lower()
    verb = position + 1 < first and after.isalpha() and after not in words.ARTICLES and after != "the"
    return verb and (before in words.INTENT or before in _PRESENT)


def _tense_of(sentence: Sentence, position: int) -> int:
    word = sentence.words[position].lower()
    if word == "were" and position == 0:  # "Were the plan to fail, …"
        return FUTURE
    if word == "may" and position and sentence.words[position] == "May":
        return UNTOLD
    past = word in words.PAST or (word.endswith("ed") and len(word) > 4 and word not in words.NOT_PAST)
    awaited = word in words.AWAITED
    if not (past or awaited):
        return UNTOLD if word not in words.FUTURE else AHEAD if word in _WILL else FUTURE
    earlier = [before.lower() for before in sentence.words[max(0, position - 3) : position]]
    if earlier[-1:] == ["be"]:  # "is to be elected", "must be held"
        return FUTURE if _WAS.isdisjoint(earlier) else PAST
    if not awaited:
        return LATELY if word in words.LATELY else FUTURE if word in words.FUTURE else PAST
    if not _WAS.isdisjoint(earlier[-2:]):
        return PAST
    return FUTURE if _PRESENT.isdisjoint(earlier[-2:]) else AHEAD
