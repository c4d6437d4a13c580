"""The history of a row: who changed what, when and why; two versions compared; one of them restored."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Min, Q, Window
from django.db.models.functions import RowNumber
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from timeline.admin.deciding import deciding
from timeline.admin.pages import OwnPages
from timeline.admin.wording import Difference, Names, differences
from timeline.curating import Unsuitable, restore, token
from timeline.history import (
    MODELS,
    Row,
    State,
    Table,
    decided,
    decisions_on,
    states,
    table_of,
)
from timeline.models import IMPORTED, Decision, Event, Mention, Version

A_PAGE = 25
PASSAGES = 10  # shown of each decision
FIRST = "first"  # the state before the first decision


@dataclass
class Entry:
    """A decision as the history of one row shows it."""

    version: Version
    changes: list[Difference]
    passages: list[SafeString] = field(default_factory=list)
    more: int = 0
    can_restore: bool = False

    @property
    def decision(self) -> Decision:
        return self.version.decision


@dataclass(frozen=True)
class Comparison:
    """Two versions of a row, the older first, and what differs."""

    older: str
    newer: str
    changes: list[Difference]


class HistoryPages(OwnPages):
    """Of rows that decisions are recorded of: their history instead of Django's, and for events a restore."""

    def get_urls(self) -> list[Any]:
        urls: list[Any] = super().get_urls()
        if self.model is Event:
            restoring = self.admin_site.admin_view(self.restore_view)
            ours = "<int:pk>/restore/<int:version>/"
            urls.insert(0, path(ours, restoring, name="timeline_event_restore"))
            urls.insert(
                0, path(f"{ours}before/", restoring, {"before": True}, "timeline_event_restore_before")
            )
        return urls

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if self.model not in MODELS.values():
            return super().history_view(request, object_id, extra_context)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        versions = decisions_on(row)
        shown = Paginator(versions, A_PAGE).get_page(request.GET.get(PAGE_VAR))
        context = {
            "row": row,
            "shown": shown,
            "entries": self._entries(request, row, shown),
            "first": versions.last(),
            "may_restore": isinstance(row, Event) and self.has_change_permission(request, row),
            "comparison": self._comparison(request, row),
            "began": list(_beginning(row)),
            "page_var": PAGE_VAR,
            **(extra_context or {}),
        }
        return self.show(request, "history.html", f"History: {row}", **context)

    def _entries(self, request: HttpRequest, row: Row, shown: Page[Version]) -> list[Entry]:
        versions = list(shown)
        around = _around(row, versions)
        names = Names.of([*versions, *(one for those in around.values() for one in those)])
        restorable = isinstance(row, Event) and self.has_change_permission(request, row)
        entries = [Entry(version, changes_of(version, names)) for version in versions]
        for number, entry in enumerate(entries):
            newest = number == 0 and shown.number == 1
            entry.can_restore = restorable and not newest and entry.version.after is not None
            others = around[entry.decision.pk]
            entry.passages = [_told(one, names) for one in others]
            entry.more = getattr(others[0], "number", 0) - len(others) if others else 0
        return entries

    def _comparison(self, request: HttpRequest, row: Row) -> Comparison | None:
        chosen = [request.GET[name] for name in ("a", "b") if name in request.GET]
        if not chosen:
            return None
        try:
            older, newer = sorted((_state_at(row, key) for key in chosen), key=lambda one: one[0])
        except ValueError:
            self.message_user(request, "Choose two versions of this page to compare.", messages.WARNING)
            return None
        (_, name, before), (_, other, after) = older, newer
        table = table_of(row)
        names = Names([(table, row.pk, before), (table, row.pk, after)])
        return Comparison(name, other, list(differences(table, before, after, names)))

    def restore_view(
        self, request: HttpRequest, pk: int, version: int, *, before: bool = False
    ) -> HttpResponse:
        """What a restore would change, and on a POST the restore."""
        event = self.get_object(request, str(pk))
        if event is None:
            raise Http404
        if not self.has_change_permission(request, event):
            raise PermissionDenied
        chosen = get_object_or_404(
            Version.objects.select_related("decision"), pk=version, table=Table.EVENT, row=pk
        )
        state = chosen.before if before else chosen.after
        if state is None:
            raise Http404
        if request.method == "POST":
            return self._restore(request, event, chosen, before=before)
        now = _state(event)
        names = Names([(Table.EVENT, pk, now), (Table.EVENT, pk, state)])
        # Where passages are, and what was merged, is undone, not restored.
        stays = ["merged_into_id", "locked_fields", *(["review"] if state["merged_into_id"] else [])]
        kept = {name: now[name] for name in stays}
        context = {
            "row": event,
            "when": _name_of(chosen, before=before),
            "changes": list(differences(Table.EVENT, now, {**state, **kept}, names)),
            "seen": token(event),
        }
        return self.show(request, "restore.html", f"Restore: {event}", **context)

    def _restore(self, request: HttpRequest, event: Event, version: Version, *, before: bool) -> HttpResponse:
        try:
            restore(
                event,
                version,
                before=before,
                seen=request.POST.get("seen") or "none",
                **deciding(request),
            )
        except Unsuitable as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            words = f"It is as it was {_name_of(version, before=before)}."
            self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:timeline_event_history", args=[event.pk]))


def changes_of(version: Version, names: Names) -> list[Difference]:
    """What a decision changed in a row; what the machine then read anew is said to be that."""
    own = {*decided(version), "locked_fields"}
    if version.decision.is_machine or version.table != Table.EVENT:
        own |= {*(version.before or {}), *(version.after or {})}
    return [
        one if one.name in own else replace(one, label=f"{one.label} (read anew by the machine)")
        for one in differences(version.table, version.before, version.after, names)
    ]


def _around(row: Row, versions: Sequence[Version]) -> dict[int, list[Version]]:
    """By decision, what else it changed around an event or actor: passages, and what was merged into it.

    The first few of each, with their `number` in all.
    """
    found: defaultdict[int, list[Version]] = defaultdict(list)
    if not isinstance(row, Mention):
        table = table_of(row)
        passages = Q(table=Table.MENTION) & (Q(before__event_id=row.pk) | Q(after__event_id=row.pk))
        merged = Q(table=table) & (Q(before__merged_into_id=row.pk) | Q(after__merged_into_id=row.pk))
        of_these = Version.objects.filter(decision__in=[version.decision_id for version in versions])
        others = (
            of_these.filter(passages | merged if isinstance(row, Event) else merged)
            .exclude(table=table, row=row.pk)
            .annotate(
                place=Window(RowNumber(), partition_by=F("decision"), order_by="pk"),
                number=Window(Count("pk"), partition_by=F("decision")),
            )
        )
        for one in others.filter(place__lte=PASSAGES).order_by("pk"):
            found[one.decision_id].append(one)
    return found


def _told(version: Version, names: Names) -> SafeString:
    """What a decision did with a passage, or with another event, in a line."""
    lines = [
        format_html("{}: {} → {}", one.label, one.before, one.after)
        for one in differences(version.table, version.before, version.after, names)
        if one.label != "Set by hand"
    ]
    return format_html(
        "{}. {}",
        names.link(version.table, version.row),
        format_html_join("; ", "{}", ((line,) for line in lines)),
    )


def _state(row: Row) -> State:
    return states(table_of(row), [row.pk])[row.pk]


def _state_at(row: Row, key: str) -> tuple[int, str, State]:
    """A state of the row by the key of its version: (place in time, name, state). Raises ValueError."""
    versions = decisions_on(row)
    before = key == FIRST
    version = versions.last() if before else versions.filter(pk=int(key[:18])).first()
    state = version and (version.before if before else version.after)
    if version is None:
        raise ValueError
    return (0 if before else version.pk), _name_of(version, before=before), state or {}


def _name_of(version: Version, *, before: bool) -> str:
    when = f"{version.decision.at:%-d %B %Y, %H:%M:%S}"
    return f"{'before' if before else 'after'} “{version.decision}” on {when}"


def _beginning(row: Row) -> Iterable[SafeString | str]:
    """How a row came to be, as far as it isn't one of the decisions."""
    if isinstance(row, Mention):
        if row.extractor:
            yield _read_from(_source(row.source_id, str(row.source)), row.extractor)
        else:
            yield "Added by hand."
    elif isinstance(row, Event):
        yield f"Stored on {row.created_at:%-d %B %Y, %H:%M}."
        read = row.mentions.exclude(extractor="").order_by()
        for source, headline, published, machine, _ in (
            read.values_list("source", "source__headline", "source__published", "extractor")
            .annotate(first=Min("pk"))
            .order_by("first")[:PASSAGES]
        ):
            link = _source(source, f"{headline} ({published})")
            yield _read_from(link, machine)


def _read_from(source: SafeString, version: str) -> SafeString:
    if version.startswith(IMPORTED):
        return format_html("Imported as {}, by version {}.", source, version.removeprefix(IMPORTED))
    return format_html("Read from {} by machine version {}.", source, version)


def _source(pk: int, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:timeline_source_change", args=[pk]), words)
