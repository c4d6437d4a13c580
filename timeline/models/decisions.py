"""Who decided what, and what that changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Decision(models.Model):
    """One act of a curator, or of the loader, with all that it changed.

    `undoes` is the decision that it took back.
    """

    class Action(models.TextChoices):
        LOADED = "loaded", "Loaded"
        CONFIRMED = "confirmed", "Confirmed"
        REJECTED = "rejected", "Rejected"
        REOPENED = "reopened", "Put back to unreviewed"
        CORRECTED = "corrected", "Corrected"
        UNLOCKED = "unlocked", "Given back to the machine"
        MERGED = "merged", "Merged"
        SPLIT = "split", "Split"
        MOVED = "moved", "Moved a passage"
        ADDED = "added", "Added by hand"
        RESTORED = "restored", "Restored"
        UNDONE = "undone", "Undone"

    action = models.CharField(max_length=20, choices=Action)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="decisions"
    )
    who = models.CharField(
        max_length=150, help_text="The curator’s name as it was then, or that of the machine."
    )
    reason = models.CharField(max_length=500, blank=True)
    undoes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="undone_by",
        help_text="What it took back.",
    )

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(undoes=None) | Q(action="undone"), name="decision_only_an_undo_undoes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} by {self.who}"

    @property
    def is_machine(self) -> bool:
        return self.action == self.Action.LOADED


class Version(models.Model):
    """What one decision changed in one row: the row's state before it and after it, see `timeline.history`.

    `before` is null for a row that the decision made, `after` for one that it deleted.
    """

    class Table(models.TextChoices):
        EVENT = "event", "Event"
        MENTION = "mention", "Passage"
        ACTOR = "actor", "Actor"

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="versions")
    table = models.CharField(max_length=10, choices=Table)
    row = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["table", "row", "-id"], name="version_by_row")]

    def __str__(self) -> str:
        return f"{self.get_table_display()} {self.row}"
