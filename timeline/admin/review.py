"""The review queue: one event a screen, decided by a key, and the next one comes.

Every decision goes out with what the curator has seen of the event. If somebody was there first, the page
comes again with the event as it is now, the message why, and what the curator had typed.
"""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django_countries import countries

from timeline import curating, facts, reviewing
from timeline.admin.base import DatedForm
from timeline.admin.deciding import deciding, may_change_all
from timeline.admin.fields import HOW_TO_COUNT, JSONList, validate_counts
from timeline.admin.keys import is_key
from timeline.admin.pages import OwnPages
from timeline.curating.events import Preview
from timeline.doubts import doubts
from timeline.excerpts import FIELDS, Excerpt, excerpts, marks
from timeline.history import last_decision
from timeline.models import Decision, Event, Kind, Mention, Review, Source, Status

MOST_PASSAGES = 20  # of one event on one screen
LONGEST_TEXT = 30_000  # characters of a source that are folded into the page; longer ones are linked
MOST_PASSED = 1000  # events passed over that a session remembers; the oldest come again
TRAIL = 200
SESSION = "review"
LABELS = {
    "kind": "Kind", "date": "Date", "status": "Status", "country": "Country", "disputed": "Disputed",
    "cited": "Says so", "counts": "People", "participants": "Who",
}  # fmt: skip
# What the event list's own parameters are called in the queue.
LISTED = {"kind__exact": "kind", "status__exact": "status", "country": "country", "q": "text"}
DECIDED = "decided"
DONE = {Review.CONFIRMED: "Confirmed", Review.REJECTED: "Rejected"}


@cache
def _countries() -> str:
    return format_html_join("", '<option value="{}">{}</option>', [("", "All"), *countries])


def country_options(chosen: str, none: str = "All") -> SafeString:
    """The options of a choice of countries. Written out here: by templates they took a third of the page."""
    options = _countries().replace("All", escape(none), 1)
    if chosen in dict(countries):
        options = options.replace(f'value="{chosen}"', f'value="{chosen}" selected')
    return mark_safe(options)  # noqa: S308  (a fixed list)


class CountryChoice(forms.Select):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        given = flatatt(self.build_attrs(self.attrs, attrs))
        options = country_options(str(value or ""), "None")
        return format_html('<select name="{}"{}>{}</select>', name, given, options)


class ReviewForm(DatedForm):
    """The fields that a curator corrects on the way.

    What was shown goes out with what was typed, so that only what the curator has changed is corrected,
    whatever somebody else has changed in the meantime.
    """

    counts = JSONList(
        required=False,
        label="People",
        validators=[validate_counts],
        help_text=f"{HOW_TO_COUNT}.",
    )

    class Meta:
        model = Event
        fields = ["title", "kind", "date", "status", "disputed", "country", "counts", "summary"]
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField"}),
            "date": forms.TextInput(attrs={"class": "vTextField"}),
            "country": CountryChoice,
            "summary": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in self.fields.values():
            one.show_hidden_initial = True

    def clean_counts(self) -> list[Any]:
        return self.cleaned_data["counts"] or []

    @property
    def corrections(self) -> dict[str, Any]:
        """What the curator has changed."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def again(self, event: Event) -> "ReviewForm":
        """The form of the event as it is now, with what was typed into this one and nothing else of it."""
        now = type(self)(instance=copy(event))
        data = QueryDict(mutable=True)
        for bound in now:
            data[bound.html_initial_name] = _sent(bound, bound.initial)
            if bound.name in self.changed_data:
                if (typed := self.data.get(bound.html_name)) is not None:
                    data[bound.html_name] = typed
            elif sent := _sent(bound, bound.initial):
                data[bound.html_name] = sent
        return type(self)(data, instance=copy(event))


def _sent(bound: forms.BoundField, value: Any) -> str:
    """A field's value as a browser would send it; empty where it would send nothing."""
    shown = bound.field.prepare_value(value)
    return "" if shown in (None, False) else str(shown)


@dataclass(frozen=True)
class Row:
    """One field of the event beside its value: how the machine came by it, and who reads otherwise."""

    name: str
    label: str
    value: str
    how: str
    locked: bool
    marked: bool
    others: list[facts.Reading] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """What one source tells: its passages in context."""

    source: Source
    passages: list[tuple[Mention, SafeString]]

    @property
    def whole(self) -> str:
        return self.source.text if len(self.source.text) <= LONGEST_TEXT else ""


@dataclass(frozen=True)
class Choice:
    """What a merge with a likely duplicate would make, in either direction; None where it can't be done."""

    other: Event
    seen: str
    into_this: Preview | None
    into_other: Preview | None


class ReviewQueue(OwnPages):
    """The part of the events' admin that is the queue."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("review/", view(self.review_queue), name="timeline_event_review"),
            path("review/<int:pk>/", view(self.review_event), name="timeline_event_review_one"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        address = f"{reverse('admin:timeline_event_review')}{_as_listed(request.GET)}"
        extra = {"review_address": address, **(extra_context or {})}
        return super().changelist_view(request, extra)

    def review_queue(self, request: HttpRequest) -> HttpResponse:
        """Leads to the next event; says so where none is left."""
        _may(allowed=self.has_view_permission(request))
        step = Step(self, request)
        if request.method == "POST":
            _may(allowed=self.has_change_permission(request))
            step.remember(passed=[])
            return step.onward()
        after = request.GET.get("after", "")
        last = Event.objects.filter(pk=int(after)).first() if is_key(after) else None
        key = step.next(last)
        if key is None:
            return step.end(looked_from=last)
        return HttpResponseRedirect(step.address(key))

    def review_event(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One event, or a decision about it."""
        _may(allowed=self.has_view_permission(request))
        if request.method == "POST":
            _may(allowed=self.has_change_permission(request))
        event = Event.objects.filter(pk=pk).first()
        step = Step(self, request, event)
        if event is None:
            return step.gone()
        if event.merged_into_id and request.method != "POST":
            self.message_user(
                request,
                f"“{event.title}” was merged into “{event.root.title}”, which you see here.",
                messages.WARNING,
            )
            return HttpResponseRedirect(step.address(event.root.pk))
        return step.decide() if request.method == "POST" else step.page()


class Step:
    """One curator before one event, or on the way to the next."""

    def __init__(self, queue_of: ReviewQueue, request: HttpRequest, event: Event | None = None) -> None:
        self.admin = queue_of
        self.request = request
        self.user = cast("User", request.user)
        self.may_change = queue_of.has_change_permission(request)
        self.queue = reviewing.Queue(request.GET)
        self._event = event

    @property
    def event(self) -> Event:
        if self._event is None:
            raise LookupError("This step has no event.")
        return self._event

    # On the way

    def address(self, key: int | None = None) -> str:
        """Of an event, or of the queue, with the filters of this one."""
        name = "admin:timeline_event_review"
        where = reverse(f"{name}_one", args=[key]) if key else reverse(name)
        query = self.queue.query.urlencode()
        return f"{where}?{query}" if query else where

    @property
    def kept(self) -> dict[str, list[int]]:
        """Keys of the events that this session has passed over, and of those that it has been at."""
        kept = self.request.session.get(SESSION) or {}
        return {"passed": kept.get("passed", []), "trail": kept.get("trail", [])}

    def remember(self, *, passed: Sequence[int] | None = None, at: int | None = None) -> None:
        kept = self.kept
        if passed is not None:
            kept["passed"] = list(dict.fromkeys(passed))[-MOST_PASSED:]
        if at is not None:
            kept["trail"] = [*(key for key in kept["trail"] if key != at), at][-TRAIL:]
        self.request.session[SESSION] = kept

    def next(self, after: Event | None = None) -> int | None:
        return self.queue.next(self.user, () if after else self.kept["passed"], after)

    def onward(self) -> HttpResponse:
        """To the next event, or to the end of the queue."""
        return HttpResponseRedirect(self.address(self.next()))

    def gone(self) -> HttpResponse:
        self.say(
            "That event isn’t there any more: a load has taken it away, its words are read anew. "
            "This is the next one.",
            messages.WARNING,
        )
        return self.onward()

    def say(self, words: str, level: int = messages.SUCCESS, *, decided: bool = False) -> None:
        """For the next page; what was `decided` can be undone there."""
        self.admin.message_user(self.request, words, level, extra_tags=DECIDED if decided else "")

    # Decisions

    def decide(self) -> HttpResponse:
        """Carry out what was sent, or show the event again with why not."""
        action, _, key = self.request.POST.get("action", "").partition(":")
        try:
            match action:
                case "confirm":
                    return self._verdict(Review.CONFIRMED)
                case "reject":
                    return self._verdict(Review.REJECTED)
                case "correct":
                    return self._verdict(None)
                case "pass":
                    return self._pass()
                case "undo" if is_key(key):
                    return self._undo(int(key))
                case "choose" | "merge" | "into" if is_key(key):
                    return self._merge(action, int(key))
        except curating.Unsuitable as refused:
            return self._refused(str(refused))
        return self._refused("Choose what to do with the event: confirm, reject, merge or pass.", status=400)

    def _verdict(self, verdict: Review | None) -> HttpResponse:
        form = self._typed()
        changed = list(form.changed_data) if form else []
        if form and changed:
            if not form.is_valid():
                return self.page(form=form)
            try:
                curating.correct(
                    self.event,
                    form.corrections,
                    by=self.user,
                    reason=self.reason,
                    verdict=verdict,
                    seen=self.seen,
                )
            except ValidationError as wrong:
                form.add_error(None, wrong.messages)
                return self.page(form=form)
            words = f"{DONE[verdict]} as corrected: {self.event.title}." if verdict else "Corrected."
            self.say(words, decided=True)
        elif verdict is None:
            self.say("Nothing was changed in the fields.", messages.WARNING)
        elif curating.review(
            [self.event], verdict, by=self.user, reason=self.reason, seen={self.event.pk: self.seen}
        ):
            self.say(f"{DONE[verdict]}: {self.event.title}.", decided=True)
        else:
            self.say(f"It was {verdict.label.lower()} already: {self.event.title}.", messages.INFO)
        if verdict is None:
            return HttpResponseRedirect(self.address(self.event.pk))
        return self._done()

    def _done(self) -> HttpResponse:
        reviewing.look_away(self.user, self.event)
        passed = self.kept["passed"]
        self.remember(passed=[key for key in passed if key != self.event.pk], at=self.event.pk)
        return self.onward()

    def _pass(self) -> HttpResponse:
        reviewing.look_away(self.user, self.event)
        passed = self.kept["passed"]
        if self.event.review == Review.UNREVIEWED:
            passed = [*passed, self.event.pk]
        self.remember(passed=passed, at=self.event.pk)
        return self.onward()

    def _undo(self, key: int) -> HttpResponse:
        decision = Decision.objects.filter(pk=key, by=self.user).first()
        if decision is None:
            raise curating.Unsuitable("Only your own decisions can be undone from here.")
        _may(allowed=may_change_all(self.request, decision))
        about = reviewing.event_of(decision)
        curating.undo(decision, by=self.user, reason=self.reason)
        if about is None:
            self.say(f"Undone: {decision.get_action_display().lower()}.")
            return self.onward()
        self.say(f"Undone: {decision.get_action_display().lower()}, {about.title}.")
        return HttpResponseRedirect(self.address(about.pk))

    def _merge(self, action: str, key: int) -> HttpResponse:
        """Show what a merge would make; `merge` the other into this event, or this one `into` the other."""
        other = Event.objects.filter(pk=key).first()
        if other is None or other.pk == self.event.pk:
            raise curating.Unsuitable("That event isn’t there any more. Choose another.")
        if action == "choose":
            return self.page(choice=self._choice(other), form=self._typed())
        target, one = (self.event, other) if action == "merge" else (other, self.event)
        seen = {self.event.pk: self.seen, other.pk: self.request.POST.get("other_seen", "")}
        merged = curating.merge(target, [one], by=self.user, reason=self.reason, seen=seen)
        self.say(f"Merged: {one.title} is now part of {merged.title}.", decided=True)
        if merged.review != Review.UNREVIEWED:
            return self._done()
        self.remember(at=self.event.pk)
        return HttpResponseRedirect(self.address(merged.pk))

    def _choice(self, other: Event) -> Choice:
        def previewed(target: Event, one: Event) -> Preview | None:
            try:
                return curating.preview_merge(target, [one])
            except curating.Unsuitable:
                return None

        return Choice(
            other, curating.token(other), previewed(self.event, other), previewed(other, self.event)
        )

    def _typed(self) -> ReviewForm | None:
        """The form that was sent; None where none was."""
        if "title" not in self.request.POST:
            return None
        return ReviewForm(self.request.POST, instance=copy(self.event))

    @property
    def reason(self) -> str:
        return deciding(self.request)["reason"]

    @property
    def seen(self) -> str:
        # What was sent without it was sent by no page of ours: it matches no event.
        return self.request.POST.get("seen") or "nothing"

    def _refused(self, why: str, status: int = 409) -> HttpResponse:
        """The event as it is now, why nothing was stored, and what had been typed."""
        typed = self._typed()
        self._event = Event.objects.filter(pk=self.event.pk).first()
        if self._event is None:
            self.say(why, messages.ERROR)
            return self.onward()
        form = typed.again(self.event) if typed and typed.changed_data else None
        return self.page(form=form, error=why, status=status)

    # The page

    def page(
        self,
        *,
        form: ReviewForm | None = None,
        choice: Choice | None = None,
        error: str = "",
        status: int = 200,
    ) -> HttpResponse:
        event = self.event
        others: dict[int, reviewing.Look] = {}
        if self.may_change and event.review == Review.UNREVIEWED:
            others = reviewing.looked_at([event.pk], but=self.user)
            if not others:
                reviewing.look(self.user, event)
        mentions = sorted(
            event.mentions.all(), key=lambda mention: mention.standing != Mention.Standing.CURRENT
        )
        shown = mentions[:MOST_PASSAGES]
        reviewing.with_texts(shown)
        context = {
            "event": event,
            "told": _told(shown),
            "more_passages": len(mentions) - len(shown),
            "rows": _rows(event, shown),
            "doubts": doubts(event, mentions),
            "last": last_decision(event),
            "duplicates": reviewing.duplicates(event),
            "choice": choice,
            "form": form or ReviewForm(instance=copy(event)),
            "edited": bool(form and form.changed_data),
            "error": error,
            "seen": curating.token(event),
            "looking": others.get(event.pk),
            "previous": self._previous(),
            "reason": self.reason,
            "after": self._after(),
        }
        return self._answer("event/review.html", f"Review: {event.title}", context, status)

    def end(self, looked_from: Event | None) -> HttpResponse:
        """The page where nothing is left, or only what was passed over."""
        context = {
            "passed": len(self.kept["passed"]),
            "looked_from": looked_from,
            "previous": self._previous(),
        }
        return self._answer("event/review_end.html", "Review", context)

    def _answer(self, template: str, title: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        context |= {
            "is_nav_sidebar_enabled": False,
            "may_change": self.may_change,
            "progress": self.queue.progress(),
            "today": self._today(),
            "undoable": self._undoable(),
            "queue_address": self.address(),
            "problems": self.queue.problems,
            "kinds": Kind.choices,
            "statuses": Status.choices,
            "countries": country_options(self.queue.query.get("country", "")),
            "asked": {name: self.queue.query.get(name, "") for name in ("kind", "status", "country", "text")},
            "kept_filters": [
                (name, value)
                for name, values in self.queue.query.lists()
                if name not in ("kind", "status", "country", "text")
                for value in values
            ],
        }
        return self.admin.show(self.request, template, title, status=status, **context)

    def _undoable(self) -> reviewing.Undoable | None:
        last = reviewing.last_of(self.user) if self.may_change else None
        return last if last and may_change_all(self.request, last.decision) else None

    def _today(self) -> int:
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return reviewing.decided_since(self.user, midnight) if self.may_change else 0

    def _previous(self) -> str:
        """The address of the event before this one on the session's way; empty at its beginning."""
        trail = self.kept["trail"]
        if self._event and self._event.pk in trail:
            trail = trail[: trail.index(self._event.pk)]
        return self.address(trail[-1]) if trail else ""

    def _after(self) -> str:
        """Where those go on who only look."""
        query = self.queue.query.copy()
        query["after"] = str(self.event.pk)
        return f"{reverse('admin:timeline_event_review')}?{query.urlencode()}"


def _may(*, allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def _as_listed(query: QueryDict) -> str:
    """The event list's filters as the queue's, where it has them."""
    asked = [(LISTED[name], value) for name, value in query.items() if name in LISTED and value]
    if query.get("disputed__exact") in ("0", "1"):
        asked.append(("disputed", "true" if query["disputed__exact"] == "1" else "false"))
    day = [query.get(f"earliest__{part}", "") for part in ("year", "month", "day")]
    if day[0].isdigit():
        written = "-".join(part.zfill(width) for part, width in zip(day, (4, 2, 2), strict=True) if part)
        asked += [("from", written), ("to", written)]
    return f"?{urlencode(asked)}" if asked else ""


# The event in words


def _rows(event: Event, mentions: Sequence[Mention]) -> list[Row]:
    """The fields in the page's order; the mentions come with their texts."""
    marked = {mark.field for mention in mentions for mark in marks(mention)}
    rows = [
        Row(
            one.name,
            LABELS[one.name],
            one.value,
            "; ".join(reviewing.rules_in_words(one.name, event, mentions)),
            one.locked,
            one.name in marked,
            one.others,
        )
        for one in facts.fields(event, mentions)
    ]
    people = "; ".join(str(told.value) for told in facts.counts(event, []))
    who = "; ".join(str(part) for part in event.participations.select_related("actor"))
    cited = "; ".join(dict.fromkeys(mention.cited for mention in mentions if mention.cited))
    for name, value in (("counts", people), ("participants", who), ("cited", cited)):
        if value or name in marked:
            rows.append(
                Row(name, LABELS[name], value or "–", "", name in event.locked_fields, name in marked)
            )
    return rows


def _told(mentions: Sequence[Mention]) -> list[Told]:
    """The passages source by source. The first words of each field can be led to."""
    told: dict[int, Told] = {}
    led_to: set[str] = set()
    for mention in mentions:
        of = told.setdefault(mention.source_id, Told(mention.source, []))
        of.passages.append((mention, _marked(excerpts(mention), led_to)))
    return list(told.values())


def _marked(found: Sequence[Excerpt], led_to: set[str]) -> SafeString:
    return format_html_join(
        " […] ",
        "{}{}{}",
        (
            (
                "…" if excerpt.cut_before else "",
                format_html_join("", "{}", ((part,) for part in _parts(excerpt, led_to))),
                "…" if excerpt.cut_after else "",
            )
            for excerpt in found
        ),
    )


def _parts(excerpt: Excerpt, led_to: set[str]) -> list[SafeString]:
    """Words, those of fields in marks, each with the field's name where its words end."""
    parts = []
    for stretch in excerpt.stretches:
        words = format_html("{}", stretch.text)
        for name in (name for name in FIELDS if name in stretch.fields):
            place = "" if name in led_to else format_html(' id="mark-{}"', name)
            led_to.add(name)
            words = format_html('<mark class="of-{0}" data-field="{0}"{1}>{2}</mark>', name, place, words)
        if stretch.inside:
            words = format_html('<span class="passage">{}</span>', words)
        parts.append(words)
        parts += [
            format_html('<span class="tag of-{0}" data-field="{0}">{1}</span>', name, LABELS[name].lower())
            for name in stretch.ends
        ]
    return parts
