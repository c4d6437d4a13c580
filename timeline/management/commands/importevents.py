"""`python manage.py importevents`: bring in events out of other programs' files."""

import hashlib
import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from tqdm import tqdm

from timeline import transactions
from timeline.documents import Unreadable
from timeline.imports.bringing import Brought
from timeline.imports.opening import Format
from timeline.imports.refused import RefusedRows, ending, is_kept
from timeline.imports.storing import Outcome, Verdict
from timeline.models import Import, Kind

WHO = "the command"


class Command(BaseCommand):
    help = (
        "Bring in events out of other programs’ files. Each row gets a verdict, rows that are known are "
        "brought up to date, and a curator’s work is never undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="TimelineJS (JSON, or the sheet as CSV), ACLED’s CSV, or the timeline’s own CSV or JSON",
        )
        parser.add_argument(
            "--collection",
            default="",
            help="the name that its rows are known by when they come again (default: the file’s, or acled)",
        )
        parser.add_argument(
            "--kind",
            choices=Kind.values,
            default=Kind.OTHER.value,
            help="the kind of events of which the file says none (default: other)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would become of each row and store nothing"
        )
        parser.add_argument(
            "--refused",
            type=Path,
            metavar="PATH",
            help="where refused rows go, to be mended (default: FILE-refused.csv, or .json, beside the file)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object a row")

    def handle(self, *_args: Any, **options: Any) -> None:
        files: list[Path] = options["files"]
        if options["refused"] and len(files) > 1:
            raise CommandError("--refused names one file. Import the files one by one.")
        refused = 0
        for path in files:
            try:
                refused += self.bring(path, options)
            except Unreadable as error:
                raise CommandError(
                    f"{path}: {error.reason} {error.mend} Nothing of it was stored."
                ) from error
            except OSError as error:
                raise CommandError(f"{path} can’t be read or written: {error.strerror or error}.") from error
            except Error as error:
                raise CommandError(transactions.told(error, "What was stored before stays.")) from error
            except KeyboardInterrupt as error:
                raise CommandError(
                    "Interrupted. What was stored before stays. Run the same command again for the rest.",
                    returncode=130,
                ) from error
        if refused:
            raise CommandError(f"{refused} row{'s were' if refused > 1 else ' was'} refused, as named above.")

    def bring(self, path: Path, options: dict[str, Any]) -> int:
        """Bring in one file, and report; the number of refused rows."""
        began = time.monotonic()
        brought = Brought.of(path, path.name, options["collection"], options["kind"])
        imported = None
        if options["dry_run"]:
            verdicts = brought.look()
        else:
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            imported = Import.objects.create(
                collection=brought.collection,
                file=path.name[:300],
                format=brought.format.value,
                sha256=sha256,
                who=WHO,
            )
            verdicts = brought.store(imported)
        tally: Counter[str] = Counter()
        with ExitStack() as stack:
            keep = None if options["dry_run"] else _Kept(path, options["refused"], brought.format, stack)
            for verdict in self.progress(verdicts):
                tally[verdict.outcome] += 1
                self.tell(path, verdict, as_json=options["json"], in_full=options["dry_run"])
                if keep:
                    keep.add(verdict)
        where = keep.path if keep else None
        self.report(path, tally, imported, where, time.monotonic() - began, options)
        return tally[Outcome.REFUSED]

    def tell(self, path: Path, verdict: Verdict, *, as_json: bool, in_full: bool) -> None:
        with tqdm.external_write_mode():
            if verdict.outcome == Outcome.REFUSED:
                self.stderr.write(f"{path}, row {verdict.number}: {verdict.problem} {verdict.mend}")
            if as_json:
                told = {"file": str(path), **asdict(verdict)}
                self.stdout.write(json.dumps(told, ensure_ascii=False, default=str))
            elif in_full and verdict.outcome != Outcome.REFUSED:
                self.stdout.write("\n".join(_in_words(verdict)))

    def report(
        self,
        path: Path,
        tally: Counter[str],
        imported: Import | None,
        refused: Path | None,
        seconds: float,
        options: dict[str, Any],
    ) -> None:
        out = self.stderr if options["json"] else self.stdout
        counts = ", ".join(f"{tally[outcome]} {outcome}" for outcome in Outcome)
        total = sum(tally.values())
        out.write(f"{path}: {total} row{'' if total == 1 else 's'}: {counts}.")
        if imported and imported.verdicts.get("gone"):
            out.write(
                f"{imported.verdicts['gone']} that came with “{imported.collection}” before are no longer "
                "among the rows that can be read. Nothing was deleted."
            )
        if refused and imported:
            again = f"--collection {shlex.quote(imported.collection)}"
            out.write(
                f"The refused rows are in {refused}. Mend them there and import that file with {again}."
            )
        if imported:
            out.write(f"{total / max(seconds, 1e-9):.1f} rows a second.")

    def progress(self, verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
        """The same verdicts, with a bar on a terminal and none in a pipe."""
        return iter(tqdm(verdicts, unit=" rows", disable=not sys.stderr.isatty(), leave=False))


class _Kept:
    """The file of refused rows, which is there once there is one."""

    def __init__(self, path: Path, wanted: Path | None, format_: Format, stack: ExitStack) -> None:
        self.wanted = wanted or path.with_name(f"{path.stem}-refused{ending(format_)}")
        self.format = format_
        self.stack = stack
        self.path: Path | None = None
        self.rows: RefusedRows | None = None

    def add(self, verdict: Verdict) -> None:
        if not is_kept(verdict):
            return
        if self.rows is None:
            self.path = _free(self.wanted)
            file = self.stack.enter_context(self.path.open("x", encoding="utf-8", newline=""))
            self.rows = RefusedRows(file, self.format)
            self.stack.callback(self.rows.close)
        self.rows.add(verdict)


def _free(path: Path) -> Path:
    """The path, with a number where there is such a file."""
    names = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return path if not path.exists() else next(name for name in names if not name.exists())


def _in_words(verdict: Verdict) -> Iterator[str]:
    if verdict.outcome == Outcome.PASSED_OVER:
        yield f"Row {verdict.number}: passed over. {verdict.problem}"
        return
    date = verdict.date or "undated"
    yield f"Row {verdict.number}: {verdict.outcome}. {date}: {verdict.title} ({verdict.kind})"
    for label, old, new in verdict.changes:
        yield f"    {label}: {_short(old)} → {_short(new)}"
    if verdict.note:
        yield f"    {verdict.note}"
    for key, title, reason in verdict.likes:
        yield f"    May be the same as event {key}, {title}: {reason}."


def _short(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= 80 else f"{words[:79]}…"
