"""`python manage.py backup [FILE]`: the whole database as one file."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from timeline import backups


class Command(BaseCommand):
    help = "Write the whole database into one file, also while the site runs. The secret key isn’t in it."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            metavar="FILE",
            help="a file that isn’t there yet (default: one named by the time, in backups/)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        file = options["file"] or settings.BASE_DIR / "backups" / backups.default_name()
        try:
            backups.backup(file)
        except backups.Refused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(
                f"{file} can’t be written ({error.strerror}). Nothing is left of it."
            ) from error
        except DatabaseError as error:
            raise CommandError(f"The database failed: {error}. Nothing is left of {file}.") from error
        self.stdout.write(f"{file}: {file.stat().st_size / 1e6:.1f} MB, checked. Keep the secret key too.")
