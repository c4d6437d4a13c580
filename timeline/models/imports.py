"""Events that came in from other programs' files: which file, by whom, and the row as it came."""

import json

from django.conf import settings
from django.db import models

from timeline.models.events import Event


class Import(models.Model):
    """One file of events that was brought in, and how many of its rows became what."""

    class Format(models.TextChoices):
        TIMELINEJS = "timelinejs", "TimelineJS JSON"
        SHEET = "sheet", "TimelineJS sheet (CSV)"
        ACLED = "acled", "ACLED CSV"
        CSV = "csv", "Timeline CSV"
        JSON = "json", "Timeline JSON"

    collection = models.CharField(
        max_length=200,
        help_text="What its rows are known by when they come again: a name that was given, or the file’s.",
    )
    file = models.CharField(max_length=300)
    format = models.CharField(max_length=20, choices=Format)
    sha256 = models.CharField("SHA-256 of the file", max_length=64)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    who = models.CharField(max_length=150, help_text="The curator’s name as it was then, or “the command”.")
    verdicts = models.JSONField(
        default=dict, help_text="How many rows were new, changed, unchanged, refused …"
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(format__in=["timelinejs", "sheet", "acled", "csv", "json"]),
                name="import_format_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.collection} ({self.get_format_display()})"


class Origin(models.Model):
    """Where an imported event came from: its row, by which it is known when the file comes again."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="origin")
    imported = models.ForeignKey(
        Import, models.PROTECT, related_name="origins", help_text="The import that brought the row last."
    )
    collection = models.CharField(max_length=200)
    identifier = models.CharField(max_length=300, help_text="The row’s own name within its collection.")
    row = models.JSONField(help_text="The row as it came.")
    reading = models.CharField(
        "SHA-256 of what was read",
        max_length=64,
        blank=True,
        help_text="Of all that the row says: it is unchanged while this is the same.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "identifier"], name="origin_once_a_collection"),
        ]

    def __str__(self) -> str:
        return f"{self.collection}, {self.identifier}"

    @property
    def name(self) -> str:
        """What the row's own file calls it; "" if that gives it no name."""
        return "" if self.identifier.startswith("content:") else self.identifier

    @property
    def cells(self) -> list[tuple[str, str]]:
        """(name, value) of all that the row holds; what lies deeper is JSON."""
        row = self.row if isinstance(self.row, dict) else {"": self.row}
        return [
            (name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            for name, value in row.items()
            if value not in ("", None)
        ]
