"""The log that the database itself keeps of what was written."""

from django.db import models


class Change(models.Model):
    """That something of an event was written, noted by the database's own triggers whoever wrote it.

    `mark` tells a change from another that was given its id after a rollback. `transaction` is PostgreSQL's
    number of the transaction that wrote it (0 in SQLite, which has one writer at a time).
    """

    event_id = models.BigIntegerField()
    mark = models.BigIntegerField()
    transaction = models.BigIntegerField(default=0, db_index=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"event {self.event_id}"
