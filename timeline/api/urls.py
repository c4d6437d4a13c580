"""Addresses of the API. What is a page's address with `/api/v1` before it is the same thing for programs."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from timeline.api import views

app_name = "api"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="api:root"), name="versions"),
    path("v1/", views.Root.as_view(), name="root"),
    path("v1/events/", views.Events.as_view(), name="events"),
    path("v1/events/<int:pk>/", views.OneEvent.as_view(), name="event"),
    path("v1/sources/", views.Sources.as_view(), name="sources"),
    path("v1/sources/<int:pk>/", views.OneSource.as_view(), name="source"),
    path("v1/actors/", views.Actors.as_view(), name="actors"),
    path("v1/actors/<int:pk>/", views.OneActor.as_view(), name="actor"),
    path("v1/schema/", views.Schema.as_view(), name="schema"),
    # What is asked for without the slash at the end is led on first, and may then be here.
    re_path("^(?:.+/)?$", views.Nothing.as_view()),
]
