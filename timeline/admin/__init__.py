"""Where curators correct the machine. What they set by hand is locked: no reload undoes it.

Events, passages and sources can't be deleted here, because the next load would bring them back: an event is
rejected instead, a passage is moved to another event. Sources are changed by changing their files,
and added by uploads.
"""

from django.contrib import admin
from django_tasks_db.models import DBTaskResult

from timeline.admin import actors, decisions, events, mentions, sources, uploads, users

__all__ = ["actors", "decisions", "events", "mentions", "sources", "uploads", "users"]

# How uploads get on is told on their own pages, in words.
admin.site.unregister(DBTaskResult)
