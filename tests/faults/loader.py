"""The real `loadseeds` in a process of its own, with the toy extractor: what is tried is how rows are kept.

Usage: python -m tests.faults.loader FOLDER. In the environment, PAGES is how many pages an SQLite database
may have, as if its disk were full then; PATIENCE how many seconds a database that is away is waited for.
"""

import os
import sys
from typing import Any

import django
from django.core.management import execute_from_command_line
from django.db.backends.signals import connection_created

from tests import toy


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    django.setup()
    from timeline import loading, transactions, workers  # noqa: PLC0415 (they need Django's settings)

    workers.extraction.extract_many = toy.extract_many
    loading.LOOKAHEAD = 4
    if pages := os.environ.get("PAGES"):
        connection_created.connect(lambda connection, **_: _bound(connection, pages), weak=False)
    if patience := os.environ.get("PATIENCE"):
        transactions.retried.__defaults__ = (float(patience),)
    execute_from_command_line(["manage.py", "loadseeds", "--skip-checks", sys.argv[1]])


def _bound(connection: Any, pages: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA max_page_count={int(pages)}")


if __name__ == "__main__":
    main()
