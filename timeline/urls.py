"""Addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from timeline import downloads, embedding, sitemaps, views
from timeline.exports.formats import FORMATS

handler500 = "timeline.views.failed"

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
    path("events.atom", downloads.feed, name="feed"),
    path("sources/<int:pk>/annotations.jsonld", downloads.annotations_of_source, name="source-annotations"),
    path("sources/<int:pk>.txt", downloads.text, name="source-text"),
    path("schema/events-1.json", downloads.schema, name="schema"),
    path("embed/", embedding.timeline, name="embed"),
    path("embed/events/<int:pk>/", embedding.event, name="embedded_event"),
    path("oembed", embedding.oembed, name="oembed"),
    path("picture.png", embedding.picture, name="picture"),
    path("events/<int:pk>/picture.png", embedding.event_picture, name="event_picture"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemaps"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap, name="sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("api/", include("timeline.api.urls")),
    path("admin/", admin.site.urls),
]
