"""`python manage.py restore FILE`: the database as a backup has it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from timeline import backups


class Command(BaseCommand):
    help = "Put a backup in the place of what the database holds. Stop the site meanwhile."
    requires_migrations_checks = False
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what `manage.py backup` has written")
        parser.add_argument(
            "--over", action="store_true", help="also where the database holds something, which is then gone"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        file = options["file"]
        try:
            backups.restore(file, over=options["over"])
            told = ", ".join(f"{count} {name}" for name, count in backups.counts().items())
        except backups.Refused as error:
            raise CommandError(f"{error} Nothing has been changed.") from error
        except OSError as error:
            raise CommandError(
                f"{file} can’t be read ({error.strerror}). Nothing has been changed."
            ) from error
        except DatabaseError as error:
            raise CommandError(f"The database failed: {error}. Mend the cause and run it again.") from error
        self.stdout.write(f"Restored: {told}. Now run `manage.py migrate`, and start the site.")
