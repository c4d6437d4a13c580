"""The articles, for reading."""

# Admin classes can't be subscripted at run time, so their types are left open.
# mypy: disable-error-code="type-arg"
# Django decides what these methods are given, needed or not.
# ruff: noqa: ARG002

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString

from timeline.admin.base import Kept, passages_of
from timeline.admin.markup import change_link, listed
from timeline.models import Source


@admin.register(Source)
class SourceAdmin(Kept):
    """Articles, to be read only: they come from files and uploads, and are cited by place."""

    list_display = ["headline", "publisher", "published", "passages_told", "is_current", "page"]
    list_filter = [("replaced_by", admin.EmptyFieldListFilter)]
    search_fields = ["headline", "publisher", "path", "sha256__startswith"]
    date_hierarchy = "published"
    fieldsets = [
        (
            None,
            {
                "fields": ["headline", "publisher", "url", "published"],
                "description": "Articles can’t be changed here: their passages are cited by place. Change "
                "the file and load it again; this text is kept, marked as replaced.",
            },
        ),
        ("Text", {"fields": ["text", "sha256"]}),
        ("Passages", {"fields": ["passages"]}),
        ("Loading", {"fields": ["path", "loaded_at", "extractor", "replaced_by"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        sources: QuerySet[Source] = super().get_queryset(request).defer("text")
        return sources.annotate(number_told=passages_of("source"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Articles are added with a look at what is read in them, not in a form of columns."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return redirect("admin:timeline_upload_add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="passages", ordering="number_told")
    def passages_told(self, source: Any) -> int:
        return int(source.number_told)

    @admin.display(description="current", boolean=True)
    def is_current(self, source: Source) -> bool:
        return source.replaced_by_id is None

    @admin.display(description="in context")
    def passages(self, source: Source) -> SafeString:
        mentions = source.mentions.select_related("event").order_by("start", "pk")
        return listed((mention, change_link(mention.event, str(mention.event))) for mention in mentions)
