"""What all decisions in the admin have in common: by whom, why, and the way to take them back."""

from typing import Any, TypedDict, cast

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from timeline.history import decisions_on, table_of
from timeline.models import Actor, Decision, Event

REASON = 500  # characters, as many as the history keeps


class Deciding(TypedDict):
    by: User
    reason: str


def deciding(request: HttpRequest, reason: str | None = None) -> Deciding:
    """Who decides and why, as the functions of `curating` take it; the reason is what the page sent."""
    given = request.POST.get("reason", "") if reason is None else reason
    # Not all pages send it through a form, which would refuse the character that PostgreSQL can't hold.
    return {"by": cast("User", request.user), "reason": given.replace("\0", "").strip()[:REASON]}


def reason_field() -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=REASON,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "autocomplete": "off"}),
        help_text="Why you decide so; other curators read it in the history. May be left empty.",
    )


def may_change_all(request: HttpRequest, decision: Decision) -> bool:
    """Whether the curator may change every table that the decision has changed."""
    tables = decision.versions.order_by().values_list("table", flat=True).distinct()
    return all(request.user.has_perm(f"timeline.change_{table}") for table in tables)


def may_undo(request: HttpRequest, decision: Decision) -> bool:
    """Whether an undo can be offered; a later decision that builds on it is found when it is tried."""
    undone = hasattr(decision, "undone_by")
    may_look = request.user.has_perm("timeline.view_decision")
    return not decision.is_machine and not undone and may_look and may_change_all(request, decision)


def undo_link(request: HttpRequest, decision: Decision | None) -> SafeString:
    """Beside what has just been done: to the decision's page, with all that it changed and its undo."""
    if decision is None or not may_undo(request, decision):
        return SafeString("")
    address = reverse("admin:timeline_decision_change", args=[decision.pk])
    return format_html(' <a class="button" href="{}#undo">Undo…</a>', address)


def merge_of(row: Event | Actor) -> Decision | None:
    """The decision that merged the row into the one where it now is."""
    versions = decisions_on(row).filter(after__merged_into_id=row.merged_into_id)
    version = next((one for one in versions[:50] if not (one.before or {}).get("merged_into_id")), None)
    return version.decision if version else None


def what_it_is_now(request: HttpRequest, row: Event | Actor) -> dict[str, Any]:
    """For the page of a row that was merged away: the one that stands for it, and the undo; else nothing."""
    if row.merged_into_id is None:
        return {}
    merge = merge_of(row)
    return {
        "root": row.root,
        "root_address": reverse(f"admin:timeline_{table_of(row)}_change", args=[row.root.pk]),
        "merge": merge,
        "may_undo": merge and may_undo(request, merge),
        "longest": REASON,
    }
