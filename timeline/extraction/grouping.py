"""Which mentions of one article tell of the same event.

Mentions are taken in text order; each joins the best group that it doesn't contradict, or opens a group of
its own. Contradictions are: another kind, another country, dates that can't be the same, another sort of
election, another step of a constitution, wanted against held. Words that only point ("the vote", "turnout")
open no group unless they bring a date.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from timeline import edtf_dates
from timeline.extraction import clock
from timeline.extraction.linking import Linked
from timeline.extraction.records import Count, Participant, Span, Status
from timeline.extraction.triggers import Trigger

# Words that say which election: two of one set are the same sort, two of different sets are not.
_PRIMARY = frozenset(["primary", "primaries", "caucus", "caucuses"])
SORTS = (
    {"presidential"},
    {
        "parliamentary",
        "legislative",
        "general",
        "parliament",
        "federal",
        "congressional",
        "assembly",
        "midterm",
        "mid-term",
    },
    {
        "local",
        "municipal",
        "council",
        "district",
        "mayoral",
        "communal",
        "district-level",
        "city",
        "regional",
    },
    _PRIMARY,
)
_SLACK = timedelta(days=14)
# A time of so many days is no time of one act.
_LONG = 7
ROUNDS = ({"first"}, {"second", "run-off", "runoff", "rerun", "repeat", "run-offs", "runoffs"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What was read of one trigger, before it is known which event it belongs to.

    Offsets are into the text.
    """

    trigger: Trigger
    kind: str
    sentence: Span
    sentence_index: int
    paragraph: int
    linked: Linked
    status: Status
    status_rule: str
    status_span: Span | None
    disputed: Span | None
    country: str
    country_rule: str
    country_span: Span | None
    participants: tuple[Participant, ...]
    counts: tuple[Count, ...]
    cited: Span | None
    qualifiers: frozenset[str]
    echo: bool
    fresh: bool
    several: bool

    @property
    def strength(self) -> int:
        """How far the date can be relied on: 3 told, 2 the paragraph's, 1 the day of publication, 0 none."""
        if not self.linked.edtf:
            return 0
        return 3 if self.linked.told else 2 if self.linked.rule == "paragraph" else 1

    @property
    def headline(self) -> bool:
        """Whether the mention is the article's first paragraph."""
        return self.paragraph == 0


@dataclass(slots=True)
class Group:
    """The drafts of one event, in text order."""

    kind: str
    drafts: list[Draft] = field(default_factory=list)

    @property
    def dates(self) -> list[str]:
        """Dates that its mentions give in so many words."""
        return [draft.linked.edtf for draft in self.drafts if draft.linked.told and draft.linked.edtf]

    @property
    def weak_dates(self) -> list[str]:
        """Dates that its mentions have from their surroundings."""
        return [draft.linked.edtf for draft in self.drafts if draft.linked.edtf]


def group(drafts: Sequence[Draft]) -> list[Group]:
    """The events of an article, in order of first mention."""
    groups: list[Group] = []
    votes: list[Draft] = []
    for draft in drafts:
        clock.check()
        if draft.kind == "vote":
            votes.append(draft)
            continue
        if draft.kind == "toll":
            _place_toll(groups, draft)
            continue
        joined = _best(groups, draft)
        if joined is not None:
            joined.drafts.append(draft)
        elif not draft.echo or draft.linked.told:
            groups.append(Group(draft.kind, [draft]))
    for draft in votes:
        clock.check()
        _place_vote(groups, draft)
    for one in groups:
        one.drafts.sort(key=lambda draft: (draft.sentence.start, draft.trigger.start))
    return sorted(groups, key=lambda one: (one.drafts[0].sentence.start, one.drafts[0].trigger.start))


def _best(groups: list[Group], draft: Draft) -> Group | None:
    scored = [(score, index) for index, one in enumerate(groups) if (score := _score(one, draft)) > 0]
    return groups[max(scored)[1]] if scored else None


def _score(one: Group, draft: Draft) -> float:
    """How well the draft fits the group; 0 or less if it doesn't."""
    if one.kind != draft.kind or contradiction(one, draft):
        return 0
    same_paragraph = any(other.paragraph == draft.paragraph for other in one.drafts)
    near = draft.sentence_index - max(other.sentence_index for other in one.drafts)
    score = 3.0 if same_paragraph else 2.0 if near <= 2 else 1.0
    if draft.linked.told and one.dates:
        return score + 6
    if draft.linked.told or one.dates:
        return _half_dated(one, draft, score)
    if draft.fresh and not draft.headline and not all(other.headline for other in one.drafts):
        return score - 2.5
    return score + (1 if draft.linked.edtf in one.weak_dates else 0)


def _half_dated(one: Group, draft: Draft, score: float) -> float:
    """The score where only one side gives a date in so many words."""
    if all(other.headline for other in one.drafts):
        return score + 2
    if draft.linked.told:
        weak = [d for d in one.weak_dates if edtf_dates.overlap(d, draft.linked.edtf)]
        return score if weak and not draft.fresh else -1
    if draft.linked.edtf and any(edtf_dates.overlap(draft.linked.edtf, d) for d in one.dates):
        return score + 2
    if draft.fresh:
        return -1
    return score - (0 if not draft.linked.edtf else 1.5)


def contradiction(one: Group, draft: Draft) -> str:
    """Why the draft can't be of the group's event; "" if nothing speaks against it."""
    countries = {other.country for other in one.drafts} - {""}
    if draft.country and countries and draft.country not in countries:
        return "country"
    if _other_date(one, draft) or _other_day(one, draft):
        return "date"
    statuses = {other.status for other in one.drafts if not other.echo}
    if not draft.echo and not _go_together(draft.status, statuses):
        return "status"
    if _other_targets(one, draft):
        return "target"
    qualifiers = frozenset().union(*(other.qualifiers for other in one.drafts))
    if apart(qualifiers, draft.qualifiers):
        return "sort"
    if any(other.several for other in one.drafts) and not draft.several:
        return "number"
    return "step" if _other_step(one, draft) else ""


# Ways of repression that may be one event; anything else is another.
_TOGETHER = (
    {"arrest", "violence", "search", "execution", "exile", "emergency"},
    {"media", "search", "emergency"},
    {"search", "ban", "emergency"},
    {"exile", "ban", "arrest"},
)


def _other_step(one: Group, draft: Draft) -> bool:
    steps = {other.trigger.step for other in one.drafts} - {""}
    step = draft.trigger.step
    if not step or not steps or step in steps:
        return False
    return draft.kind != "crackdown" or not together({step, *steps})


def together(steps: set[str]) -> bool:
    """Whether these ways of repression may be one event: arrests and violence, but no ban beside them."""
    return len(steps) < 2 or any(steps <= allowed for allowed in _TOGETHER)


def _other_date(one: Group, draft: Draft) -> bool:
    """Whether the dates can't be of one event.

    A date inferred from publication is taken to be right to within two weeks.
    """
    best = max(other.strength for other in one.drafts)
    if draft.status == "ongoing" and not draft.linked.edtf and one.kind == "crackdown":
        return best > 0 and all(other.status == "occurred" and other.strength for other in one.drafts)
    if not draft.strength or not best:
        return False
    vote = draft.kind in ("referendum", "election", "vote")
    dates = [other.linked.edtf for other in one.drafts if other.strength == best]
    if min(best, draft.strength) == 1:
        return not any(_within_weeks(draft.linked.edtf, other) for other in dates)
    return not any(_same_time(draft.linked.edtf, other, vote=vote) for other in dates)


def _other_day(one: Group, draft: Draft) -> bool:
    """Whether both are acts of a day, and of different days, though a longer time told of both holds the two.

    A chronology's entry is an act of its own, not part of the whole that the article opens with.
    """
    if draft.kind not in ("protest", "crackdown") or not draft.linked.told:
        return False
    if edtf_dates.width(draft.linked.edtf) != 1:
        return False
    entry = draft.linked.rule == "heading"
    return any(
        edtf_dates.width(other) == 1 or (entry and (edtf_dates.width(other) or _LONG) >= _LONG)
        for other in one.dates
        if other != draft.linked.edtf
    )


def _within_weeks(one: str, other: str) -> bool:
    (a, b), (c, d) = edtf_dates.bounds(one), edtf_dates.bounds(other)
    return (a or date.min) <= ((d or date.max - _SLACK) + _SLACK) and (c or date.min) <= (
        (b or date.max - _SLACK) + _SLACK
    )


def _other_targets(one: Group, draft: Draft) -> bool:
    """Whether both crackdowns name those they hit, and nobody is hit by both."""
    if draft.kind != "crackdown":
        return False
    mine = {p.name for p in draft.participants if p.role == "target" and p.kind == "person"}
    theirs = {p.name for o in one.drafts for p in o.participants if p.role == "target" and p.kind == "person"}
    return bool(mine and theirs and not mine & theirs)


def _other_count(one: Group, draft: Draft) -> bool:
    """Whether both count the same thing and come out far apart: 800 detained are not the 20,000."""
    for count in draft.counts:
        for other in (c for d in one.drafts for c in d.counts if c.what == count.what):
            mine, theirs = (c.minimum or c.maximum or 1 for c in (count, other))
            if max(mine, theirs) > 1.5 * min(mine, theirs):
                return True
    return False


def _same_time(one: str, other: str, *, vote: bool = False) -> bool:
    """Whether two dates can be of one event: they overlap, and neither is of another order of length.

    Of votes, one alone is held in a year as a rule: there the day may stand beside the year.
    """
    if not edtf_dates.overlap(one, other):
        return False
    if one.endswith("/..") != other.endswith("/.."):
        # Begun then and not over: the same as another day's event only if that is when it began.
        open_, closed = (one, other) if one.endswith("/..") else (other, one)
        return edtf_dates.overlap(open_.removesuffix("/.."), closed)
    if vote:
        return True
    widths = sorted(width for width in (edtf_dates.width(one), edtf_dates.width(other)) if width is not None)
    return len(widths) < 2 or widths[1] <= 31 or widths[1] <= 12.5 * widths[0]


def _go_together(status: Status, others: set[Status]) -> bool:
    if status == "proposed":
        return others <= {"proposed"}
    if "proposed" in others:
        return False
    if status == "planned":
        return "occurred" not in others and "ongoing" not in others
    if status in ("occurred", "ongoing"):
        return "planned" not in others and "cancelled" not in others
    return "occurred" not in others


def apart(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two votes are of other sorts or rounds, by the words that they are called with."""
    if bool(one & _PRIMARY) != bool(other & _PRIMARY) and _sorts(one) and _sorts(other):
        return True  # a presidential primary is no presidential election
    for sets in (SORTS, ROUNDS):
        mine = {index for index, words in enumerate(sets) if one & words}
        theirs = {index for index, words in enumerate(sets) if other & words}
        if mine and theirs and not mine & theirs:
            return True
    return False


def _sorts(words: frozenset[str]) -> bool:
    return any(words & sort for sort in SORTS)


def _place_toll(groups: list[Group], draft: Draft) -> None:
    """Add a bare toll to the event told last in the same paragraph, a crackdown before a protest."""
    near = [
        one
        for one in groups
        if one.kind in ("protest", "crackdown")
        and any(
            other.paragraph == draft.paragraph and 0 < draft.sentence_index - other.sentence_index <= 2
            for other in one.drafts
        )
        and not _other_count(one, draft)
        and not (
            draft.linked.told and one.dates and not any(_same_time(draft.linked.edtf, d) for d in one.dates)
        )
    ]
    if near:
        last = max(other.sentence_index for one in near for other in one.drafts)
        latest = [one for one in near if any(other.sentence_index == last for other in one.drafts)]
        chosen = next((one for one in latest if one.kind == "crackdown"), latest[0])
        if any(count.what == "detained" for count in draft.counts):
            chosen = next((one for one in near if one.kind == "crackdown"), chosen)
        chosen.drafts.append(draft)


def _new_date(groups: list[Group], draft: Draft) -> bool:
    """A vote that was put off, and here its new date: the vote told last before is that vote, and planned.

    False if no vote was told before.
    """
    votes = [
        one
        for one in groups
        if one.kind in ("referendum", "election") and one.drafts[0].sentence.start < draft.sentence.start
    ]
    if not votes:
        return False
    last = max(
        votes,
        key=lambda one: max(d.sentence.start for d in one.drafts if d.sentence.start < draft.sentence.start),
    )
    put_off = last.drafts[-1].paragraph == draft.paragraph and any(
        d.status == "cancelled" for d in last.drafts
    )
    if not put_off:
        groups.append(Group(last.kind, [draft]))
        return True
    moved = Linked("", "none")
    last.drafts = [
        replace(old, linked=moved, status="planned", status_rule="moved to a new date") for old in last.drafts
    ]
    last.drafts.append(draft)
    return True


def _place_vote(groups: list[Group], draft: Draft) -> None:
    """Add a word like "the vote" to the vote it means: the nearest before that agrees, or the first."""
    possible = [
        one for one in groups if one.kind in ("referendum", "election") and not contradiction(one, draft)
    ]
    if draft.linked.told:
        possible = [
            one
            for one in possible
            if not one.dates or any(_same_time(draft.linked.edtf, d) for d in one.dates)
        ]
    if draft.trigger.rule.id == "contested":
        possible = [one for one in possible if any(o.paragraph == draft.paragraph for o in one.drafts)]
    if not possible:
        if draft.status == "planned" and draft.linked.told and _new_date(groups, draft):
            return
        alone = draft.headline and not any(one.kind in ("referendum", "election") for one in groups)
        if draft.trigger.rule.default and (draft.linked.rule != "none" or alone):
            groups.append(Group(draft.trigger.rule.default, [draft]))
        return
    before = [one for one in possible if one.drafts[0].sentence.start <= draft.sentence.start]
    here = [one for one in before if any(other.paragraph == draft.paragraph for other in one.drafts)]
    chosen = max(
        here,
        key=lambda one: max(d.sentence.start for d in one.drafts if d.paragraph == draft.paragraph),
        default=None,
    )
    if chosen is None:
        chosen = possible[0]
    chosen.drafts.append(draft)
