"""`python manage.py publish OUT`: the timeline as a folder of files."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils import timezone
from tqdm import tqdm

from timeline import publishing, transactions
from timeline.publishing import Publication

INTERRUPTED = 130  # what a shell reports of a command that Ctrl-C has ended


class Command(BaseCommand):
    help = "Write the timeline as a folder of files that need no server: pages, chart, sources and data."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "folder",
            type=path,
            metavar="OUT",
            help="the folder to write: absent, empty, or of an earlier copy, which is replaced",
        )
        parser.add_argument(
            "--query",
            default="",
            metavar="QUERY",
            help="only the events of this query string, such as “kind=protest&from=2020”",
        )
        parser.add_argument(
            "--site",
            type=site,
            metavar="ADDRESS",
            help="where the copy will stand; citations name it",
        )
        parser.add_argument("--title", default="", help="what the copy is called on its pages")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            self.publish(options["folder"], options["query"], options["site"] or "", options["title"])
        except publishing.NotFiltered as error:
            raise CommandError(f"--query can’t be taken. {error}") from error
        except publishing.Occupied as error:
            raise CommandError(str(error)) from error
        except Error as error:
            raise CommandError(transactions.told(error, "Nothing has been replaced.")) from error
        except OSError as error:
            file = error.filename or options["folder"]
            raise CommandError(f"{file}: {error.strerror or error}. Nothing has been replaced.") from error
        except KeyboardInterrupt as error:
            raise CommandError("Interrupted. Nothing has been replaced.", returncode=INTERRUPTED) from error

    def publish(self, folder: Path, query: str, address: str, title: str) -> None:
        began = time.monotonic()
        publishing.check(folder.resolve())
        copy = Publication(publishing.chosen(query), timezone.localdate(), site=address, title=title)
        pages = 0
        with publishing.replacing(folder, copy.told) as written:
            for name, content in self.progress(copy.pages(), len(copy)):
                written.write(name, content)
                pages += 1
            for name, content in copy.files():
                written.write(name, content)
        seconds = max(time.monotonic() - began, 1e-9)
        told = copy.told
        self.stdout.write(
            f"{_number(told['events'], 'event')}, {_number(told['sources'], 'source')}, "
            f"{_number(told['actors'], 'actor')}: {_number(pages, 'page')} in {folder}."
        )
        self.stdout.write(f"{pages / seconds:.1f} pages a second. Open {folder / publishing.FRONT}")

    def progress(self, pages: Iterable[Any], total: int) -> Iterator[Any]:
        """The same pages, with a bar on a terminal and none in a pipe."""
        return iter(tqdm(pages, total=total, unit=" pages", disable=not sys.stderr.isatty(), leave=False))


def path(value: str) -> Path:
    if not value:
        # Path("") would be the folder that the command runs in.
        raise argparse.ArgumentTypeError("the path is empty: name a folder")
    return Path(value)


def site(value: str) -> str:
    """An address to which the names of files can be added."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("write a whole address, such as https://news.example.org/timeline/")
    return value if value.endswith("/") else f"{value}/"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
