"""Addresses of the site."""

from django.contrib import admin
from django.urls import path

from timeline import downloads, views
from timeline.exports.formats import FORMATS

urlpatterns = [
    path("", views.timeline, name="timeline"),
    path("figure.json", views.figure, name="figure"),
    path("events/<int:pk>/", views.event, name="event"),
    path("sources/<int:pk>/", views.source, name="source"),
    path("actors/<int:pk>/", views.actor, name="actor"),
    *(path(form.address, downloads.download, {"form": form}, name=form.name) for form in FORMATS),
    *(
        path(form.one, downloads.download_one, {"form": form}, name=f"{form.name}-one")
        for form in FORMATS
        if form.one
    ),
    path("sources/<int:pk>.txt", downloads.text, name="source-text"),
    path("schema/events-1.json", downloads.schema, name="schema"),
    path("admin/", admin.site.urls),
]
