"""Addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from timeline import views

urlpatterns = [
    path("", views.timeline, name="timeline"),
    path("figure.json", views.figure, name="figure"),
    path("events/<int:pk>/", views.event, name="event"),
    path("sources/<int:pk>/", views.source, name="source"),
    path("actors/<int:pk>/", views.actor, name="actor"),
    path("api/", include("timeline.api.urls")),
    path("admin/", admin.site.urls),
]
