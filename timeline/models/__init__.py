"""What is stored: the evidence and its events, the decisions about them, the log of changes,
uploads and imports."""

from timeline.models.changes import (
    Change,
)
from timeline.models.decisions import (
    Decision,
    Version,
)
from timeline.models.events import (
    CONTEXT,
    IMPORTED,
    Actor,
    ActorQuerySet,
    Event,
    EventQuerySet,
    Kind,
    Mention,
    MentionQuerySet,
    Participation,
    Review,
    Source,
    SourceQuerySet,
    Status,
    among,
    digest,
    of_public_events,
    only_confirmed,
    public_reviews,
    surroundings,
    validate_edtf,
)
from timeline.models.imports import (
    Import,
    Origin,
)
from timeline.models.uploads import (
    Upload,
    UploadedArticle,
    UploadedFile,
)

__all__ = [
    "CONTEXT",
    "IMPORTED",
    "Actor",
    "ActorQuerySet",
    "Change",
    "Decision",
    "Event",
    "EventQuerySet",
    "Import",
    "Kind",
    "Mention",
    "MentionQuerySet",
    "Origin",
    "Participation",
    "Review",
    "Source",
    "SourceQuerySet",
    "Status",
    "Upload",
    "UploadedArticle",
    "UploadedFile",
    "Version",
    "among",
    "digest",
    "of_public_events",
    "only_confirmed",
    "public_reviews",
    "surroundings",
    "validate_edtf",
]
