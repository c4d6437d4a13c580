"""Events going out measured: rate and memory, against the database's own export of the same rows.

    make bench-export SIZE=1000000

Both are taken in turn in the same run. What the database does is one query with the same joins, written to a
file by its own program: in SQLite its shell, in PostgreSQL COPY. Ours is what a request has: ids chosen by
the columns, everything written, uncompressed, in a process of its own, which tells of its memory.
"""

import argparse
import gc
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from bench import results
from bench.page import filled, sqlite
from bench.results import by_pairs, times
from bench.serving import ROOT
from scripts import postgres

HEAD = ("what", "measured", "the database’s own", "ratio")
FORMATS = ("events.csv", "passages.csv", "events.json")
BAR = 0.3  # of the database's own rate

_PASSAGES = (
    "timeline_mention m WHERE m.event_id = e.id AND NOT (m.standing = 'withdrawn' AND m.extractor = '')"
)
_CITED = 's.headline, s.publisher, s.published, s.url, s.sha256, m.start, m."end", m.quote'
_NAMES = (
    "(SELECT {join} FROM timeline_participation p JOIN timeline_actor a ON a.id = p.actor_id "
    "WHERE p.event_id = e.id AND p.role = '{role}')"
)
_FIRST = (
    "SELECT m.id FROM timeline_mention m JOIN timeline_source s ON s.id = m.source_id "
    "WHERE m.event_id = e.id ORDER BY s.published, s.id, m.start LIMIT 1"
)
_EVENT = (
    "id", "kind", "title", "date", "earliest", "latest", "status", "disputed", "country", "counts", "summary",
    "review", "created_at", "updated_at", "locked_fields",
)  # fmt: skip
_PASSAGE = (
    "id", "source_id", "quote", "cited", "merge_reason", "start", "end", "prefix", "suffix", "kind", "title",
    "date", "status", "disputed", "country", "participants", "counts", "spans", "rules", "extractor",
    "standing", "placed_by_hand",
)  # fmt: skip
_JSON = {"counts", "locked_fields", "participants", "spans", "rules"}


@dataclass(frozen=True)
class Dialect:
    """What the databases write differently."""

    join: str
    make: str
    collect: str
    parse: Callable[[str], str]


DIALECTS = {
    "SQLite": Dialect("group_concat(a.name, '; ')", "json_object", "json_group_array", "json({})".format),
    "PostgreSQL": Dialect("string_agg(a.name, '; ')", "json_build_object", "json_agg", "{}".format),
}


def queries(engine: str) -> dict[str, str]:
    """The same rows by the database itself."""
    how = DIALECTS[engine]

    def made(table: str, names: Sequence[str], more: str = "") -> str:
        values = {name: f'{table}."{name}"' for name in names}
        told = [f"'{name}', {how.parse(at) if name in _JSON else at}" for name, at in values.items()]
        return f"{how.make}({', '.join(told)}{more})"

    passages = f"(SELECT {how.collect}({made('m', _PASSAGE)}) FROM {_PASSAGES})"
    part = f"{how.make}('actor', a.id, 'name', a.name, 'role', p.role)"
    parts = (
        f"(SELECT {how.collect}({part}) FROM timeline_participation p JOIN timeline_actor a "
        "ON a.id = p.actor_id WHERE p.event_id = e.id)"
    )
    names = ", ".join(
        _NAMES.format(join=how.join, role=role) for role in ("initiator", "target", "participant")
    )
    among = "FROM timeline_event e {} WHERE e.review <> 'rejected' ORDER BY e.sort_date, e.id"
    event = ", ".join(f"e.{name}" for name in _EVENT)
    counted = f"(SELECT count(DISTINCT m.source_id) FROM {_PASSAGES}), (SELECT count(*) FROM {_PASSAGES})"
    cited = "JOIN timeline_source s ON s.id = m.source_id"
    first = f"LEFT JOIN timeline_mention m ON m.id = ({_FIRST}) LEFT {cited}"
    each = f"JOIN timeline_mention m ON m.event_id = e.id {cited}"
    passage = ", ".join(f'm."{name}"' for name in _PASSAGE if name not in _JSON)
    told = f", 'participants', {parts}, 'passages', {passages}"
    return {
        "events.csv": f"SELECT {event}, {names}, {counted}, {_CITED} {among.format(first)}",
        "passages.csv": f"SELECT e.id, e.title, {_CITED}, {passage} {among.format(each)}",
        "events.json": f"SELECT {made('e', _EVENT, told)} {among.format('')}",
    }


def by_database(engine: str, database: str, name: str, file: Path) -> float:
    """Seconds that the database's own program takes to write it."""
    query = queries(engine)[name]
    began = time.perf_counter()
    if engine == "SQLite":
        mode = ["-header", "-csv"] if name.endswith(".csv") else []
        command = ["sqlite3", "-readonly", *mode, database.removeprefix("sqlite:///"), query]
        environment = None
    else:
        at = urlsplit(database)
        form = "CSV, HEADER" if name.endswith(".csv") else "TEXT"
        command = ["psql", "--no-psqlrc", "--quiet", f"--host={at.hostname}", f"--port={at.port}"]
        command += [f"--username={at.username}", at.path[1:]]
        command += [f"--command=COPY ({query}) TO STDOUT (FORMAT {form})"]
        environment = {**os.environ, "PGPASSWORD": at.password or ""}
    with file.open("wb") as written:
        subprocess.run(command, stdout=written, env=environment, check=True)
    return time.perf_counter() - began


@dataclass
class Taken:
    """What one export of ours took: events, seconds, the process' memory in bytes, before it and at most."""

    events: int
    seconds: float
    before: int
    peak: int


def by_us(database: str, name: str, file: Path, cache: str) -> Taken:
    """One export in a process of its own."""
    command = [sys.executable, "-m", "bench.exporting", "--inside", name, "--file", str(file)]
    environment = {**os.environ, "DATABASE_URL": database, "TIMELINE_CACHE_FOLDER": cache}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


def memory() -> int:
    """The most that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def export(name: str, file: Path) -> Taken:
    """Write what a request for it would be answered with."""
    import django  # noqa: PLC0415  (the settings are chosen by the environment that this was started with)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    django.setup()

    from django.http import StreamingHttpResponse  # noqa: PLC0415
    from django.test import RequestFactory  # noqa: PLC0415

    from timeline import columns, downloads  # noqa: PLC0415
    from timeline.exports.formats import FORMATS as KNOWN  # noqa: PLC0415

    columns.current()  # as a server has them
    gc.collect()
    gc.freeze()  # as gunicorn.conf.py does
    before = memory()
    form = next(one for one in KNOWN if one.address == name)
    request = RequestFactory(headers={"host": "localhost"}).get(f"/{name}")
    began = time.perf_counter()
    response = downloads.download(request, form=form)
    if not isinstance(response, StreamingHttpResponse):
        raise SystemExit(f"{name} was answered with {response.status_code}.")
    with file.open("wb") as written:
        for piece in response:
            written.write(piece)
    took = time.perf_counter() - began
    return Taken(int(columns.current().public.sum()), took, before, memory())


@dataclass
class Compared:
    """Rounds of one format."""

    ours: list[Taken] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    size: int = 0
    their_size: int = 0


def compare(engine: str, database: str, name: str, rounds: int, folder: Path) -> Compared:
    compared = Compared()
    file = folder / "written"
    by_us(database, name, file, str(folder))  # so that both have the file system's cache, and we the columns
    for _ in range(rounds):
        compared.theirs.append(by_database(engine, database, name, file))
        compared.their_size = file.stat().st_size
        compared.ours.append(by_us(database, name, file, str(folder)))
        compared.size = file.stat().st_size
    file.unlink()
    return compared


def row(engine: str, name: str, one: Compared) -> tuple[str, str, str, str]:
    count = one.ours[0].events
    rates = [count / taken.seconds for taken in one.ours]
    peak, before = (max(values) / 1e6 for values in zip(*((t.peak, t.before) for t in one.ours), strict=True))
    theirs = [count / seconds for seconds in one.theirs]
    return (
        f"`/{name}`, {count:,} events, {engine}",
        f"{median(rates):,.0f} a second, {one.size / 1e6:,.0f} MB; memory {before:.0f}, {peak:.0f} MB",
        f"{median(theirs):,.0f} a second, {one.their_size / 1e6:,.0f} MB",
        times(by_pairs(rates, theirs)),
    )


def check(options: argparse.Namespace) -> None:
    """End here, naming them all, where what a run needs is missing."""
    wrongs = []
    if "SQLite" in options.engines and not shutil.which("sqlite3"):
        wrongs.append("SQLite's shell is not here: apt-get install sqlite3 (or --engines PostgreSQL)")
    if "PostgreSQL" in options.engines and not (postgres.programs() and shutil.which("psql")):
        wrongs.append(f"{postgres.ABSENT} (or --engines SQLite)")
    if wrongs:
        raise SystemExit("\n".join(wrongs))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, nargs="?", default=100_000, help="how many events")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engines", nargs="+", choices=tuple(DIALECTS), default=tuple(DIALECTS))
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--databases", type=Path, help="a folder that keeps SQLite's databases")
    parser.add_argument("--dry-run", action="store_true", help="print, but leave bench/RESULTS.md as it is")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(vars(export(options.inside, options.file))))
        return
    check(options)
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-export-") as temporary, ExitStack() as stack:
        folder = (options.databases or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for engine in options.engines:
            if engine == "SQLite":
                database = sqlite(folder, options.size)
            else:
                database = filled(stack.enter_context(postgres.server()), options.size)
            for name in options.formats:
                told = compare(engine, database, name, options.rounds, Path(temporary))
                rows.append(row(engine, name, told))
                print(": ".join(rows[-1]), flush=True)
    head = (
        f"On {results.machine()}, {options.rounds} exports a side, in turn, each in a process of its own, "
        "not compressed. Rates are events a second; memory is before the first byte and at most. "
        "JSON has the sources’ texts and the actors too, which the database’s own has not. "
        f"The bar is {BAR} of the database’s own rate in 300 MB. A ratio is the median, pair by pair."
    )
    if not options.dry_run:
        results.write_section("Export", f"{head}\n\n{results.table(HEAD, rows)}")


if __name__ == "__main__":
    main()
