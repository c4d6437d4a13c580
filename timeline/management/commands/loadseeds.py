"""`python manage.py loadseeds`: read articles, find the events they tell of, store both."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from tqdm import tqdm

from timeline import documents, edtf_dates, extraction, loading, transactions
from timeline.documents import Document, Failure
from timeline.extraction import Extraction, records
from timeline.workers import Pool, read_all

INTERRUPTED = 130  # what a shell reports of a command that Ctrl-C has ended


class Command(BaseCommand):
    help = (
        "Read articles, find the events that they tell of, and store both. A curator’s work is never undone."
    )
    requires_migrations_checks = False

    # The stubs know of tags only.
    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        """What stores nothing needs no database: its faults are named, and hold nothing up."""
        stores = not options["dry_run"] and not options["explain"]
        return {"fail_level": checks.ERROR if stores else checks.CRITICAL}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths",
            nargs="*",
            type=path,
            metavar="PATH",
            help=f"files and folders to read: {', '.join(documents.SUFFIXES)} (default: seeds/)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would be read and store nothing"
        )
        parser.add_argument(
            "--json", action="store_true", help="with --dry-run: print one JSON object a document"
        )
        parser.add_argument(
            "--explain",
            action="store_true",
            help="print, sentence by sentence, what was seen and decided by which rule; store nothing",
        )
        parser.add_argument(
            "--workers",
            type=positive,
            default=1,
            metavar="N",
            help="processes that read at once (default: 1)",
        )
        parser.add_argument(
            "--dask",
            metavar="ADDRESS",
            help="read on the workers of a Dask cluster, by its scheduler’s address: tcp://scheduler:8786",
        )
        parser.add_argument(
            "--published", type=day, metavar="DATE", help="the date of documents that bear none: YYYY-MM-DD"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["json"] and not options["dry_run"]:
            raise CommandError("--json shows what would be read. Add --dry-run.")
        if options["dask"] and (options["workers"] > 1 or options["explain"]):
            raise CommandError("--dask reads on the cluster’s workers. Leave out --workers and --explain.")
        paths = options["paths"] or [settings.BASE_DIR / "seeds"]
        items = documents.read(paths, root=settings.BASE_DIR, published=options["published"])
        try:
            if options["explain"]:
                failed = self.explain(items)
            else:
                with readers(options["workers"], options["dask"]) as workers:
                    if options["dry_run"]:
                        failed = self.show(items, workers, as_json=options["json"])
                    else:
                        failed = self.load(items, workers)
        except Error as error:
            raise CommandError(transactions.told(error, "What was loaded before stays.")) from error
        except BrokenProcessPool as error:
            raise CommandError(
                "A worker process died. What was loaded before stays. "
                "Run the same command again, with fewer --workers if memory is short."
            ) from error
        except KeyboardInterrupt as error:
            raise CommandError(
                "Interrupted. What was loaded before stays. Run the same command again for the rest.",
                returncode=INTERRUPTED,
            ) from error
        except BrokenPipeError:  # the reader of a pipe has seen enough
            sys.stderr.close()
            return
        if failed:
            raise CommandError(f"{failed} could not be read, as named above. The others are done.")

    def load(self, items: Iterable[Document | Failure], workers: int | Pool) -> str:
        """Store the documents, report, and say how many failed, if any."""
        began = time.monotonic()
        outcomes: Counter[str] = Counter()
        events: Counter[str] = Counter()
        try:
            for result in self.progress(loading.load(items, workers)):
                outcomes[result.outcome] += 1
                if result.failure:
                    self.complain(result.failure)
                events["created"] += result.events_created
                events["updated"] += result.events_updated
                events["withdrawn"] += result.events_withdrawn
                events["gone"] += result.passages_gone
        finally:
            # A load that is cut short says how far it came.
            self.report(outcomes, events, time.monotonic() - began)
        return _number(outcomes["failed"], "document") if outcomes["failed"] else ""

    def report(self, outcomes: Counter[str], events: Counter[str], seconds: float) -> None:
        total = sum(outcomes.values())
        self.stdout.write(
            f"{_number(total, 'document')}: {outcomes['new']} new, {outcomes['changed']} changed, "
            f"{outcomes['unchanged']} unchanged, {outcomes['failed']} failed."
        )
        self.stdout.write(
            f"{_number(events['created'], 'event')} created, {events['updated']} updated, "
            f"{events['withdrawn']} withdrawn."
        )
        if events["gone"]:
            self.stdout.write(
                f"{_number(events['gone'], 'passage')} no longer in the texts: kept and marked."
            )
        self.stdout.write(f"{total / max(seconds, 1e-9):.1f} documents a second.")

    def show(self, items: Iterable[Document | Failure], workers: int | Pool, *, as_json: bool) -> str:
        """Print what the extractor reads in the documents; say how many failed, if any."""
        failed = 0
        for item, reading in self.progress(read_all(items, workers)):
            failure = item if isinstance(item, Failure) else reading if isinstance(reading, Failure) else None
            if failure:
                failed += 1
                self.complain(failure)
            if as_json:
                self.stdout.write(json.dumps(_as_json(item, reading), ensure_ascii=False))
            elif isinstance(item, Document) and isinstance(reading, Extraction):
                self.stdout.write("\n".join(_in_words(item, reading)))
        return _number(failed, "document") if failed else ""

    def explain(self, items: Iterable[Document | Failure]) -> str:
        """Print how the extractor comes to what it reads; say how many failed, if any."""
        failed = 0
        for item in items:
            if isinstance(item, Failure):
                failed += 1
                self.complain(item)
                continue
            self.stdout.write(f"{item.location}: {item.headline}")
            for line in extraction.explain(item.text, item.published):
                self.stdout.write(line)
        return _number(failed, "document") if failed else ""

    def progress(self, results: Iterable[Any]) -> Iterator[Any]:
        """The same results, with a bar on a terminal and none in a pipe."""
        return iter(tqdm(results, unit=" documents", disable=not sys.stderr.isatty(), leave=False))

    def complain(self, failure: Failure) -> None:
        with tqdm.external_write_mode():
            self.stderr.write(str(failure))


@contextmanager
def readers(workers: int, address: str | None) -> Iterator[int | Pool]:
    """What reads: so many processes here, or the cluster at the address."""
    if not address:
        yield workers
        return
    try:
        from timeline import cluster  # noqa: PLC0415 (an optional extra)
    except ModuleNotFoundError as error:
        raise CommandError(
            f"--dask needs a package that is not installed ({error.name}). "
            "Install it: `pip install --no-deps -r requirements/dask.txt`."
        ) from error
    try:
        with cluster.connected(address) as pool:
            yield pool
    except cluster.ClusterError as error:
        raise CommandError(f"{error} What was loaded before stays.") from error


def path(value: str) -> Path:
    if not value:
        # Path("") would be the folder that the command runs in.
        raise argparse.ArgumentTypeError("the path is empty: name a file or a folder, or leave it out")
    return Path(value)


def positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError(value)
    return number


def day(value: str) -> date:
    if not documents.DAY.fullmatch(value):
        raise ValueError(value)
    return date.fromisoformat(value)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _in_words(document: Document, reading: Extraction) -> Iterator[str]:
    yield f"{document.location}: {document.headline} ({document.published})"
    for event in reading.events:
        marks = ", disputed" if event.disputed else ""
        yield f"  {edtf_dates.in_words(event.date)}: {event.title} ({event.kind}, {event.status}{marks})"
        for mention in event.mentions:
            yield f"    {mention.start}–{mention.end} “{document.text[mention.start : mention.end]}”"


def _as_json(item: Document | Failure, reading: Extraction | Failure | None) -> dict[str, Any]:
    """The contract for other programs: a line for a document."""
    if isinstance(item, Failure):
        return {"source": {"path": item.location}, "events": [], "dates": [], "errors": [str(item)]}
    line: dict[str, Any] = {
        "source": {
            "path": item.record or item.path,
            "title": item.headline,
            "published": item.published.isoformat(),
            "publisher": item.publisher,
        },
        "events": [],
        "dates": [],
        "errors": [],
    }
    if isinstance(reading, Failure):
        line["errors"] = [str(reading)]
    elif reading is not None:
        line["events"] = [_event_as_json(event, item.text) for event in reading.events]
        line["dates"] = [{"start": d.start, "end": d.end, "edtf": d.edtf} for d in reading.dates]
    return line


def _event_as_json(event: records.Event, text: str) -> dict[str, Any]:
    return {
        **_fields_as_json(event),
        "mentions": [
            {
                "start": mention.start,
                "end": mention.end,
                "quote": text[mention.start : mention.end],
                **_fields_as_json(mention),
                "cited": mention.cited,
                "rules": dict(mention.rules),
            }
            for mention in event.mentions
        ],
    }


def _fields_as_json(read: records.Event | records.Mention) -> dict[str, Any]:
    return {
        "kind": read.kind,
        "title": read.title,
        "date": read.date,
        "status": read.status,
        "disputed": read.disputed,
        "country": read.country,
        "actors": [{"name": p.name, "role": p.role} for p in read.participants],
        "counts": [{"what": c.what, "minimum": c.minimum, "maximum": c.maximum} for c in read.counts],
        "spans": {field: list(asdict(span).values()) for field, span in read.spans.items()},
    }
