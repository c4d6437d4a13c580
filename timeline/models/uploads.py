"""Articles on their way in: what a curator has handed in, until it is stored."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from timeline.models.events import Kind, Source
from timeline.models.imports import Import


class Upload(models.Model):
    """Articles, or a file of events, that a curator hands in, on the way to being stored.

    What takes long is a task of the queue. `turn` counts the tasks: one that is not the latest (its process
    was taken for dead) may write no more. `beat` is the last sign of life of the one that runs.
    """

    class State(models.TextChoices):
        OPENING = "opening", "Being opened"
        CHECKING = "checking", "To be checked"
        READING = "reading", "Being read"
        READ = "read", "To be looked through"
        SAVING = "saving", "Being stored"
        STORED = "stored", "Stored"

    BUSY = (State.OPENING, State.READING, State.SAVING)

    key = models.UUIDField(
        unique=True, editable=False, help_text="Of the form: sent twice, it is one upload."
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, verbose_name="by"
    )
    made_at = models.DateTimeField("handed in", auto_now_add=True)
    state = models.CharField(max_length=20, choices=State, default=State.CHECKING)
    problem = models.TextField(blank=True, help_text="Why the task of this state failed.")
    turn = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    task = models.CharField(max_length=64, blank=True, help_text="The queue’s name for the task.")
    beat = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    collection = models.CharField(
        max_length=200, blank=True, help_text="Of a file of events: what its rows are known by."
    )
    kind = models.CharField(
        max_length=30, blank=True, choices=Kind, help_text="That of events whose row names none."
    )
    preview = models.JSONField(
        default=dict, blank=True, help_text="What would become of the rows of a file of events."
    )
    imported = models.ForeignKey(
        Import, models.SET_NULL, null=True, related_name="+", help_text="Once its events are being stored."
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["opening", "checking", "reading", "read", "saving", "stored"]),
                name="upload_state_known",
            )
        ]

    def __str__(self) -> str:
        return f"Upload {self.pk}"

    @property
    def is_of_events(self) -> bool:
        """Whether it is a file of events, not of articles."""
        return bool(self.collection)

    @property
    def is_busy(self) -> bool:
        """Whether a task is under way, or waits to be."""
        return self.state in self.BUSY and not self.problem


class UploadedFile(models.Model):
    """A file as it came, kept until it has been opened."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="files")
    name = models.CharField(max_length=300)
    content = models.BinaryField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class UploadedArticle(models.Model):
    """One article of an upload: what was found in it, what the curator made of that, and what became of it.

    Its text goes once it is stored as a source. `reading` is what the machine read, for the look before that.
    """

    class Action(models.TextChoices):
        ADD = "add", "Add it as a new article"
        REPLACE = "replace", "Replace the stored article"
        LEAVE = "leave", "Leave it out"

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="articles")
    name = models.CharField(max_length=1000, help_text="The file it came in, with the id of its record.")
    text = models.TextField(blank=True)
    headline = models.TextField(blank=True)
    published = models.DateField(null=True, blank=True)
    places = models.JSONField(
        default=list, blank=True, help_text="Where pages or paragraphs begin in the text, as of a source."
    )
    date_found = models.CharField(max_length=100, blank=True, help_text="The words that the date is from.")
    publisher = models.CharField(max_length=200, blank=True)
    url = models.CharField("address", max_length=2000, blank=True)
    action = models.CharField("what to do", max_length=20, choices=Action, default=Action.ADD)
    same = models.ForeignKey(
        Source, models.SET_NULL, null=True, related_name="+", help_text="Stored with the very same text."
    )
    like = models.ForeignKey(
        Source,
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Stored, perhaps the same article.",
    )
    reason = models.TextField(blank=True, help_text="Why it can’t be read or stored.")
    mend = models.TextField(blank=True, help_text="What to do about that.")
    reading = models.JSONField(default=list, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    source = models.ForeignKey(Source, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=["add", "replace", "leave"]), name="uploaded_article_action_known"
            )
        ]

    def __str__(self) -> str:
        return self.headline or self.name
