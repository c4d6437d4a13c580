"""The addresses of the pages in a copy: for files with data, which name them as `reverse` does.

In force while such a file is written, and never served: the last of two patterns of one name is the one that
is told.
"""

from django.urls import include, path

from timeline import views
from timeline.publishing.places import FRONT

urlpatterns = [
    path("", include("timeline.urls")),
    path(FRONT, views.timeline, name="timeline"),
    path("events/<int:pk>.html", views.event, name="event"),
    path("sources/<int:pk>.html", views.source, name="source"),
    path("actors/<int:pk>.html", views.actor, name="actor"),
]
