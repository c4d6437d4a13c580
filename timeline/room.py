"""The front page of the admin, which begins with what a curator comes for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from timeline.models import Event, Review


@dataclass(frozen=True)
class Task:
    """A way from the front page, and what there is at its end."""

    name: str
    address: str
    about: str


class Room(admin.AdminSite):
    site_header = site_title = "Political event timeline"
    index_title = "Curators’ room"

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        return super().index(request, {"tasks": list(tasks(request)), **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The timeline before accounts."""
        listed: list[Any] = super().get_app_list(request, app_label)
        return sorted(listed, key=lambda app: app["app_label"] != "timeline")


def tasks(request: HttpRequest) -> Iterator[Task]:
    """What there is to do for who asks, by what they may."""
    may = request.user.has_perm
    if may("timeline.view_event") or may("timeline.change_event"):
        left = Event.objects.filter(review=Review.UNREVIEWED).count()
        yield Task("Review queue", reverse("admin:timeline_event_review"), f"{left:,} to review")
        news = Event.objects.filter(has_news=True).count()
        if news:
            listed = reverse("admin:timeline_event_changelist", query={"has_news__exact": "1"})
            about = f"{news:,} confirmed, of which something else is read by now"
            yield Task("Newer evidence", listed, about)
    if may("timeline.add_source"):
        yield Task("Add an article", reverse("admin:timeline_upload_add"), "Paste it or choose files")
    if may("timeline.add_source") and may("timeline.add_event"):
        about = "Files of TimelineJS, ACLED or a timeline"
        yield Task("Import events", reverse("admin:timeline_upload_events"), about)
    if may("timeline.view_decision"):
        yield Task("Decisions", reverse("admin:timeline_decision_changelist"), "Who decided what, and undo")
    if may("timeline.view_event") or may("timeline.change_event"):
        about = "How often the machine is right"
        yield Task("Quality report", reverse("admin:timeline_event_quality"), about)
    if may("timeline.change_actor"):
        yield Task("Likely same actors", reverse("admin:timeline_actor_doubles"), "Look, and merge")
