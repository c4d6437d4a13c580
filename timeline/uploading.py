"""Articles that a curator hands in: opened, checked by hand, read for a look, stored.

    opening → checking → reading → read → saving → stored

Opening, reading and saving are tasks of the queue, each of which can be run again from its beginning: what a
killed process has left is taken up by another. A curator moves an upload on, and never past one of the looks.
Files are opened and texts read in a process of their own, so that the web process stays small.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from timeline import background, documents, loading, places, workers
from timeline.documents import Document, Failure, Unreadable
from timeline.extraction import Extraction, records
from timeline.imports.bringing import Brought
from timeline.imports.storing import Outcome, cleaned
from timeline.models import IMPORTED, Import, Source, Upload, UploadedArticle, UploadedFile, digest
from timeline.transactions import retried

UNDATED = date.min  # stands for “no date was found” until a curator gives one
PASTED = "pasted.txt"
LEASE = timedelta(minutes=2)  # without a sign of life, after which a process is taken for dead
ATTEMPTS = 3
BETWEEN_BEATS = 1.0  # seconds
ROWS_SHOWN = 200  # of a file of events, before it is stored
ROWS_IN_ORDER = (Outcome.REFUSED, Outcome.CHANGED, Outcome.NEW, Outcome.PASSED_OVER, Outcome.UNCHANGED)
DRAFTS_KEPT = timedelta(days=30)
UNPACKED = 10  # times its limit an upload may hold unpacked; texts pack well, but not without end
GIVEN_UP = (
    "It was begun {} times, and each time the process was gone before it was done. "
    "The machine may be short of memory: hand in fewer or smaller articles, or try again."
)

Beat = Callable[[], None]
Action, State = UploadedArticle.Action, Upload.State


class Superseded(Exception):
    """Another task has this upload now, or it was deleted."""


# Handing in


def hand_in_events(user: User, key: UUID, file: File[Any], collection: str, kind: str) -> Upload:
    """The upload of a file of events, to be looked through before it is stored. Raises Unreadable.

    The same form sent again is the same upload.
    """
    name = _free(file.name or "", set())
    content = file.read()
    brought = Brought.of(BytesIO(content), name, collection, kind)
    with transaction.atomic():
        upload, made = Upload.objects.get_or_create(
            key=key, defaults={"user": user, "collection": brought.collection, "kind": kind}
        )
        if made:
            UploadedFile.objects.create(upload=upload, name=name, content=content)
            _enqueue(upload, State.READING)
    return upload


def parse_pasted(text: str) -> Document:
    """A pasted text as a document, its date `UNDATED` where it bears none; raises Unreadable."""
    (item,) = documents.read_bytes(text.encode(errors="surrogatepass"), PASTED, published=UNDATED)
    if isinstance(item, Failure):
        raise Unreadable(item.reason, item.mend)
    return item


def hand_in(user: User, key: UUID, pasted: Document | None, files: Sequence[File[Any]]) -> Upload:
    """The upload of a form. The same form sent again is the same upload."""
    with transaction.atomic():
        upload, made = Upload.objects.get_or_create(key=key, defaults={"user": user})
        if not made:
            return upload
        if pasted:
            _add_articles(upload, [(PASTED, pasted)])
        names: set[str] = {PASTED}
        for file in files:
            # One by one: together they would be in memory all at once.
            UploadedFile.objects.create(
                upload=upload, name=_free(file.name or "", names), content=file.read()
            )
        if files:
            _enqueue(upload, State.OPENING)
        else:
            _look_up(upload)
    return upload


def _free(name: str, taken: set[str]) -> str:
    """A name that no other file of the upload has, ending as the file's own does."""
    name = "".join(letter for letter in name if letter.isprintable()) or "unnamed"
    path = PurePath(name)
    ending = "".join(path.suffixes[-2:]) if name.lower().endswith(".gz") else path.suffix
    stem = name.removesuffix(ending)[: 200 - len(ending)]
    name, number = f"{stem}{ending}", 2
    while name in taken:
        name, number = f"{stem} ({number}){ending}", number + 1
    taken.add(name)
    return name


def _add_articles(upload: Upload, items: Iterable[tuple[str, Document | Failure]]) -> None:
    for name, item in items:
        article = UploadedArticle(upload=upload, name=name)
        if isinstance(item, Failure):
            # “c.jsonl, line 3” says more than the name of the file.
            article.name, article.action = item.location[:1000], Action.LEAVE
            article.reason, article.mend = item.reason, item.mend
        else:
            article.name = f"{name}#{item.record}" if item.record else name
            article.text, article.headline = item.text, item.headline
            article.publisher, article.url = item.publisher, item.url
            article.published = item.published
            article.places = places.stored(item.places)
            found = documents.dateline(item.text)
            if item.published == UNDATED:
                article.published, article.date_found = found or (None, "")
            elif found and item.places and found[0] == item.published:
                article.date_found = found[1]
        article.save()


def _look_up(upload: Upload) -> None:
    """Note which articles are stored already, and which look like another text of a stored one."""
    articles = list(upload.articles.filter(reason="", outcome=""))
    # A row that was imported is no article that another could replace.
    current = (
        Source.objects.current()
        .exclude(extractor__startswith=IMPORTED)
        .only("pk", "path", "headline", "url", "sha256")
    )
    hashes = {article.pk: digest(article.text) for article in articles}
    same: dict[str, Source] = {}
    by_url: dict[str, Source] = {}
    by_headline: dict[str, Source] = {}
    for some in _slices(articles, 100):
        urls = [article.url for article in some if article.url]
        headlines = [article.headline[:500] for article in some]
        same |= {source.sha256: source for source in current.filter(sha256__in=[hashes[a.pk] for a in some])}
        for source in current.filter(Q(url__in=urls) | Q(headline__in=headlines)):
            by_url.setdefault(source.url, source)
            by_headline.setdefault(source.headline, source)
    by_name = {
        source.path.split("/", 2)[2]: source
        for source in current.filter(path__startswith="upload/").order_by("pk")
        if source.path.count("/") >= 2
    }
    seen: set[str] = set()
    for article in articles:
        known_by = hashes[article.pk]
        article.same = same.get(known_by)
        like = by_url.get(article.url) if article.url else None
        like = article.same or like or by_headline.get(article.headline[:500])
        if like is None and article.name != PASTED:
            like = by_name.get(article.name)
        # A file that is there would bring its own text back with the next load.
        article.like = like if like and not is_from_file(like) else None
        twice = known_by in seen
        seen.add(known_by)
        if (article.action == Action.ADD and (article.same or twice)) or (
            article.action == Action.REPLACE and not article.like
        ):
            article.action = Action.LEAVE
        article.save(update_fields=["same", "like", "action"])


def is_from_file(source: Source) -> bool:
    """Whether the file that the source was loaded from is still there, so that a load would read it again."""
    return (settings.BASE_DIR / source.path.partition("#")[0]).exists()


def _slices(items: Sequence[Any], length: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), length):
        yield items[start : start + length]


# Checking


def corrected(article: UploadedArticle) -> Document:
    """The article as the curator has it now; raises Unreadable. A changed headline heads the text."""
    headline, text = " ".join(article.headline.split()), article.text
    first, _, rest = text.strip().partition("\n")
    if headline != " ".join(first.split()):
        text = f"{headline}\n\n{rest.strip()}" if rest.strip() else headline
    path, _, record = f"upload/{article.upload_id}/{article.name}".partition("#")
    if article.action == Action.REPLACE and article.like:
        path, record = article.like.path, ""
    if article.published is None:
        raise Unreadable("It has no date.", "Give the day that it was published.")
    moved = tuple(places.read(article.places, len(text) - len(article.text)))
    return documents.checked(
        path, headline, article.published, text, article.publisher, article.url, record, moved
    )


def read(upload: Upload) -> bool:
    """Have the articles read for a look, as the curator has corrected them; False if that was too late."""
    return _enqueue(upload, State.READING)


def back_to_checking(upload: Upload) -> bool:
    mine = Upload.objects.filter(pk=upload.pk, state=State.READ, turn=upload.turn)
    return bool(mine.update(state=State.CHECKING))


def save(upload: Upload) -> bool:
    """Have the articles stored; False if they are already, or on their way."""
    return _enqueue(upload, State.SAVING)


def try_again(upload: Upload) -> bool:
    """Repeat what has failed: the task, or the articles that couldn't be stored."""
    if upload.state == State.STORED:
        failed = upload.articles.filter(outcome=loading.Outcome.FAILED)
        if not failed.update(outcome="", reason="", mend=""):
            return False
        return _enqueue(upload, State.SAVING)
    return bool(upload.problem) and _enqueue(upload, Upload.State(upload.state))


# The queue


def _enqueue(upload: Upload, state: Upload.State, attempts: int = 0) -> bool:
    with transaction.atomic():
        turn = upload.turn + 1
        moved = Upload.objects.filter(pk=upload.pk, state=upload.state, turn=upload.turn).update(
            state=state, turn=turn, attempts=attempts, problem="", task="", beat=None, done=0, total=0
        )
        if not moved:
            return False
        queued = work.enqueue(upload.pk, turn)
        Upload.objects.filter(pk=upload.pk, turn=turn).update(task=queued.id)
        transaction.on_commit(wake)
    return True


def wake() -> None:
    """See to it that what waits is worked off, where this process is the one to do it."""
    background.wake(look_after)


def look_after() -> bool:
    """Take up what a process that is gone has left; say whether anything is still under way."""
    busy = list(Upload.objects.filter(state__in=Upload.BUSY, problem=""))
    for upload in busy:
        if _is_abandoned(upload):
            _take_up(upload)
    return bool(busy)


def is_waiting(upload: Upload) -> bool:
    """Whether no worker has begun with it yet."""
    return upload.is_busy and upload.beat is None


def _is_abandoned(upload: Upload) -> bool:
    row = DBTaskResult.objects.filter(pk=upload.task).first() if upload.task else None
    if row and row.status == TaskResultStatus.READY:
        return False
    signs: list[datetime | None] = [upload.beat, *([row.started_at, row.finished_at] if row else [])]
    # A sign that lies ahead is from before the clock was set back, and says no more than an old one.
    return not any(sign and abs(timezone.now() - sign) <= LEASE for sign in signs)


def _take_up(upload: Upload) -> None:
    if upload.attempts + 1 >= ATTEMPTS:
        # Another attempt may end the same way, and take the site with it each time.
        Upload.objects.filter(pk=upload.pk, turn=upload.turn).update(problem=GIVEN_UP.format(ATTEMPTS))
        return
    with transaction.atomic():
        if _enqueue(upload, Upload.State(upload.state), upload.attempts + 1) and upload.task:
            DBTaskResult.objects.filter(pk=upload.task).delete()


@task()
def work(pk: int, turn: int) -> None:
    """Do what the upload's state calls for, unless that has become another's task."""
    upload = Upload.objects.filter(pk=pk, turn=turn, state__in=Upload.BUSY, problem="").first()
    if upload is None:
        return
    beat = _Heart(upload)
    try:
        beat.now()
        steps = STEPS_OF_EVENTS if upload.is_of_events else STEPS
        # Each step can be begun anew, and what it has stored is not stored again.
        retried(partial(steps[upload.state], upload, beat))
        tidy()
    except Superseded:
        return
    except Exception as error:
        words = f"{type(error).__name__}: {error}".strip()
        Upload.objects.filter(pk=pk, turn=turn).update(problem=words[:1000].replace("\0", ""))
        raise


class _Heart:
    """Notes that the task is alive and how far it is; raises Superseded if it isn't wanted any more."""

    def __init__(self, upload: Upload) -> None:
        self.mine = Upload.objects.filter(pk=upload.pk, turn=upload.turn)
        self.last = 0.0

    def __call__(self, **progress: int) -> None:
        if time.monotonic() - self.last >= BETWEEN_BEATS:
            self.now(**progress)

    def now(self, **fields: Any) -> None:
        self.last = time.monotonic()
        if not self.mine.update(beat=timezone.now(), **fields):
            raise Superseded


def tidy() -> None:
    """Delete drafts that nobody has touched for long, and what the queue remembers of its past."""
    long_ago = timezone.now() - DRAFTS_KEPT
    drafts = Upload.objects.filter(Q(beat=None) | Q(beat__lt=long_ago), made_at__lt=long_ago)
    drafts.exclude(state__in=[State.STORED, State.OPENING, State.READING, State.SAVING]).delete()
    DBTaskResult.objects.finished().filter(finished_at__lt=long_ago).delete()


# The steps


def _open(upload: Upload, beat: _Heart) -> None:
    files = list(upload.files.values_list("pk", flat=True))
    beat.now(total=len(files))
    # What an earlier attempt has made; a pasted text isn't in a file.
    upload.articles.exclude(name=PASTED).delete()
    left = UNPACKED * settings.UPLOAD_MEGABYTES * 1_000_000
    with workers.processes(1) as pool:
        for number, pk in enumerate(files, 1):
            file = upload.files.get(pk=pk)
            room = settings.UPLOAD_ARTICLES - upload.articles.count()
            future = pool.submit(documents.first_of, bytes(file.content), file.name, UNDATED, room, left)
            items = workers.outcome(future, beat)
            left -= sum(len(item.text.encode()) for item in items if isinstance(item, Document))
            left = max(left, 0)
            with transaction.atomic():
                beat.now(done=number)
                _add_articles(upload, ((file.name, item) for item in items))
    with transaction.atomic():
        _look_up(upload)
        upload.files.all().delete()
        beat.now(state=State.CHECKING)


def brought(upload: Upload) -> Brought | None:
    """The file of events that the upload is of, while it is kept."""
    file = upload.files.first()
    if file is None:
        return None
    return Brought.of(BytesIO(bytes(file.content)), file.name, upload.collection, upload.kind)


def _look_through(upload: Upload, beat: _Heart) -> None:
    """What would become of the rows, in numbers and for the first of them one by one, the refused first."""
    file = brought(upload)
    if file is None:
        raise Superseded
    tally: Counter[str] = Counter()
    shown: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for verdict in file.look():
        tally[verdict.outcome] += 1
        if len(shown[verdict.outcome]) < ROWS_SHOWN:
            cells = " · ".join(value for value in verdict.raw.values() if isinstance(value, str) and value)
            told = {**asdict(verdict), "raw": {}, "title": verdict.title or cells[:120]}
            shown[verdict.outcome].append(told)
        beat(done=sum(tally.values()))
    rows = [one for outcome in ROWS_IN_ORDER for one in shown[outcome]][:ROWS_SHOWN]
    preview = {"format": Import.Format(file.format.value).label, "tally": tally, "rows": rows}
    beat.now(done=sum(tally.values()), preview=cleaned(preview), state=State.READ)


def _store_events(upload: Upload, beat: _Heart) -> None:
    """Store the rows; an attempt after one that was killed goes on with the same import."""
    file, kept = brought(upload), upload.files.first()
    if file is None or kept is None:
        raise Superseded
    imported = upload.imported
    if imported is None:
        imported = Import.objects.create(
            collection=file.collection,
            file=kept.name,
            format=file.format.value,
            sha256=sha256(bytes(kept.content)).hexdigest(),
            by=upload.user,
            who=upload.user.get_username() if upload.user else "somebody",
        )
        beat.now(imported=imported)
    beat.now(total=sum(upload.preview["tally"].values()), done=imported.verdicts.get("read", 0))
    for number, _ in enumerate(file.store(imported, by=upload.user), imported.verdicts.get("read", 0) + 1):
        beat(done=number)
    if not imported.verdicts.get("refused"):
        upload.files.all().delete()
    beat.now(state=State.STORED)


def _chosen(upload: Upload) -> list[int]:
    chosen = upload.articles.filter(reason="", outcome="").exclude(action=Action.LEAVE)
    return list(chosen.values_list("pk", flat=True))


def _as_items(upload: Upload, keys: Iterable[int]) -> Iterator[Document | Failure]:
    for article in upload.articles.select_related("like").filter(pk__in=keys).iterator(chunk_size=50):
        try:
            yield corrected(article)
        except Unreadable as error:
            yield Failure(article.name, error.reason, error.mend)


def _items(upload: Upload, keys: Sequence[int]) -> Iterator[Document | Failure]:
    # In slices, so that no query is left open while rows are written.
    for some in _slices(keys, 50):
        yield from list(_as_items(upload, some))


def _read(upload: Upload, beat: _Heart) -> None:
    _look_up(upload)
    upload.articles.update(reading=[])
    keys = _chosen(upload)
    beat.now(total=len(keys))
    items = workers.read_all(_items(upload, keys), meanwhile=beat)
    for number, (pk, (item, found)) in enumerate(zip(keys, items, strict=True), 1):
        article = upload.articles.filter(pk=pk)
        if isinstance(item, Failure) or isinstance(found, Failure):
            failure = item if isinstance(item, Failure) else found
            assert isinstance(failure, Failure)  # noqa: S101 (for the type checker)
            article.update(reason=failure.reason, mend=failure.mend)
        elif isinstance(found, Extraction):
            article.update(reading=_as_json(item, found))
        beat(done=number)
    beat.now(done=len(keys), state=State.READ)


def _as_json(document: Document, found: Extraction) -> list[dict[str, Any]]:
    """The events that were read, with where each would go."""
    foretold = loading.foretell(document, found)
    return [
        {
            "kind": event.kind,
            "title": event.title,
            "date": event.date,
            "status": event.status,
            "disputed": event.disputed,
            "country": event.country,
            "participants": [{"name": p.name, "role": p.role} for p in event.participants],
            "counts": [{"what": c.what, "minimum": c.minimum, "maximum": c.maximum} for c in event.counts],
            "joins": match.event.pk if match else None,
            "because": match.reason if match else "",
            "passages": [_passage(mention) for mention in event.mentions],
        }
        for event, match in zip(found.events, foretold, strict=True)
    ]


def _passage(mention: records.Mention) -> dict[str, Any]:
    spans = {field: [span.start, span.end] for field, span in mention.spans.items()}
    return {"start": mention.start, "end": mention.end, "spans": spans, "cited": mention.cited}


def _save(upload: Upload, beat: _Heart) -> None:
    keys = []
    seen: set[str] = set()
    for pk in _chosen(upload):
        article = upload.articles.select_related("like").get(pk=pk)
        text = _text_of(article)
        stored = Source.objects.current().filter(sha256=digest(text)).first()
        if article.action == Action.ADD and (stored or digest(text) in seen):
            # Nobody is served by a second copy; it may have been stored since the look.
            upload.articles.filter(pk=pk).update(outcome=loading.Outcome.UNCHANGED, source=stored, text="")
            continue
        seen.add(digest(text))
        keys.append(pk)
    beat.now(total=len(keys))
    results = loading.load(_items(upload, keys), meanwhile=beat)
    for number, (pk, result) in enumerate(zip(keys, results, strict=True), 1):
        _note(upload, pk, result)
        beat(done=number)
    # What was left out isn't kept either; what failed is, to be tried again.
    upload.articles.filter(action=Action.LEAVE).update(text="", reading=[])
    beat.now(done=len(keys), state=State.STORED)


def _text_of(article: UploadedArticle) -> str:
    try:
        return corrected(article).text
    except Unreadable:
        return article.text


def _note(upload: Upload, pk: int, result: loading.Result) -> None:
    article = upload.articles.filter(pk=pk)
    if result.failure:
        failure = result.failure
        article.update(outcome=result.outcome, reason=failure.reason, mend=failure.mend)
        return
    source = Source.objects.current().filter(path=result.location).first()
    if source is None:  # stored under another path already
        same = digest(_text_of(article.select_related("like").get()))
        source = Source.objects.current().filter(sha256=same).first()
    article.update(outcome=result.outcome, source=source, text="", reading=[])


STEPS: dict[str, Callable[[Upload, _Heart], None]] = {
    State.OPENING: _open,
    State.READING: _read,
    State.SAVING: _save,
}
STEPS_OF_EVENTS: dict[str, Callable[[Upload, _Heart], None]] = {
    State.READING: _look_through,
    State.SAVING: _store_events,
}
