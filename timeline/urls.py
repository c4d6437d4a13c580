"""Addresses of the site."""

from django.contrib import admin
from django.urls import path

from timeline import embedding, sitemaps, views

urlpatterns = [
    path("", views.timeline, name="timeline"),
    path("figure.json", views.figure, name="figure"),
    path("events/<int:pk>/", views.event, name="event"),
    path("sources/<int:pk>/", views.source, name="source"),
    path("actors/<int:pk>/", views.actor, name="actor"),
    path("embed/", embedding.timeline, name="embed"),
    path("embed/events/<int:pk>/", embedding.event, name="embedded_event"),
    path("oembed", embedding.oembed, name="oembed"),
    path("picture.png", embedding.picture, name="picture"),
    path("events/<int:pk>/picture.png", embedding.event_picture, name="event_picture"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemaps"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap, name="sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("admin/", admin.site.urls),
]
