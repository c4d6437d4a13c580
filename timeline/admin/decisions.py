"""All decisions, for reading: who decided what and why, with all that it changed, and the way to undo it."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from timeline.admin.base import Kept
from timeline.admin.deciding import deciding, may_change_all, may_undo
from timeline.admin.history import A_PAGE, changes_of
from timeline.admin.wording import Names
from timeline.curating import Unsuitable, undo
from timeline.models import Decision, Version


class WhoFilter(admin.RelatedOnlyFieldListFilter):
    """Those who have decided something; no account is the machine’s, or one that is gone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "curator"


@admin.register(Decision)
class DecisionAdmin(Kept):
    """Decisions, to be looked at and undone; nobody writes here."""

    list_display = ["at", "what", "who", "reason", "rows"]
    list_display_links = ["at", "what"]
    list_filter = ["action", ("by", WhoFilter)]
    list_select_related = ["undone_by"]
    search_fields = ["reason", "who"]
    date_hierarchy = "at"
    actions = None

    def get_urls(self) -> list[Any]:
        undoing = self.admin_site.admin_view(require_POST(self.undo_view))
        return [path("<int:pk>/undo/", undoing, name="timeline_decision_undo"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Decision]:
        rows = Version.objects.filter(decision=OuterRef("pk")).order_by().values("decision")
        number = Subquery(rows.annotate(number=Count("pk")).values("number"))
        decisions: QuerySet[Decision] = super().get_queryset(request)
        return decisions.annotate(number_of_rows=Coalesce(number, 0))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="decision", ordering="action")
    def what(self, decision: Decision) -> str:
        undone = " (undone since)" if hasattr(decision, "undone_by") else ""
        return f"{decision.get_action_display()}{undone}"

    @admin.display(description="rows changed", ordering="number_of_rows")
    def rows(self, decision: Any) -> int:
        return int(decision.number_of_rows)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A decision never changes: its page is all there is of it."""
        return HttpResponseRedirect(reverse("admin:timeline_decision_change", args=[object_id]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        decision = self.get_object(request, object_id)
        if decision is None:
            raise Http404
        if request.method == "POST" or not self.has_view_permission(request, decision):
            raise PermissionDenied
        shown = Paginator(decision.versions.select_related("decision"), A_PAGE).get_page(
            request.GET.get(PAGE_VAR)
        )
        names = Names.of(shown)
        rows = [
            (version, names.link(version.table, version.row), changes_of(version, names)) for version in shown
        ]
        context = {
            "decision": decision,
            "undone_by": getattr(decision, "undone_by", None),
            "shown": shown,
            "rows": rows,
            "page_var": PAGE_VAR,
            "may_undo": may_undo(request, decision),
            **(extra_context or {}),
        }
        return self.show(request, "decision.html", str(decision), **context)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        decision = Decision.objects.filter(pk=pk).first()
        if decision is None:
            raise Http404
        if not self.has_view_permission(request, decision) or not may_change_all(request, decision):
            raise PermissionDenied
        try:
            decision = undo(decision, **deciding(request))
        except Unsuitable as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            words = "It is undone. This is what that changed; the undo can be undone in its turn."
            self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:timeline_decision_change", args=[decision.pk]))
