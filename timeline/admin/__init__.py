"""Where curators correct the machine. What they set by hand is locked: no reload undoes it.

Events, passages and sources can't be deleted here, because the next load would bring them back: an event is
rejected instead, a passage is moved to another event. Sources are changed by changing their files,
and added by uploads.
"""

from django.contrib import admin

from timeline.admin import actors, events, mentions, sources, uploads, users

__all__ = ["actors", "events", "mentions", "sources", "uploads", "users"]

admin.site.site_header = admin.site.site_title = "Political event timeline"
admin.site.index_title = "Curators’ room"
