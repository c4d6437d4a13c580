"""Adding articles in the admin, from the form to the page of the source; and the queue that does the work."""

import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from threading import Event as Bell
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from fpdf import FPDF

from tests import toy
from tests.factories import BODY, make_event, make_mention, make_source
from timeline import background, documents, uploading, workers
from timeline.extraction import Extraction, TookTooLong
from timeline.models import Event, Mention, Source, Upload, UploadedArticle, UploadedFile

pytestmark = pytest.mark.django_db
ADD = "/admin/timeline/upload/add/"
MARCH = "[protest 2020-08-09 occurred BY] Thousands marched through Minsk."
ARTICLE = f"date 2020-08-10 Minsk marches\n\n{MARCH}"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
HTML = (
    "<html><head><title>Minsk marches</title><meta property='article:published_time' content='2020-08-10'>"
    f"</head><body><article><h1>Minsk marches</h1><p>{MARCH} {'They went home in the evening. ' * 12}</p>"
    "</article></body></html>"
)


class AtOnce(Executor):
    """Does in the test's own process what workers do in theirs."""

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*args, **kwargs))
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
        return future


@contextmanager
def at_once(number: int) -> Iterator[Executor]:
    yield AtOnce()


@pytest.fixture(autouse=True)
def toy_extractor(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "processes" not in request.keywords:
        monkeypatch.setattr(workers, "processes", at_once)
        monkeypatch.setattr(workers.extraction, "extract", toy.extract)
        monkeypatch.setattr(workers.extraction, "extract_many", toy.extract_many)


@pytest.fixture
def queue(settings: Any) -> None:
    """The queue as it is outside of tests, but worked off by hand."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))
    return client


def file(name: str, content: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def hand_in(client: Client, *files: SimpleUploadedFile, text: str = "", key: Any = None) -> Any:
    return client.post(ADD, {"key": key or uuid4(), "text": text, "attached": files})


def taken(client: Client, *files: SimpleUploadedFile, text: str = "") -> Upload:
    response = hand_in(client, *files, text=text)
    assert response.status_code == 302, response.content.decode()
    return Upload.objects.latest("pk")


def page(upload: Upload) -> str:
    return reverse("admin:timeline_upload_change", args=[upload.pk])


def progress_of(upload: Upload) -> str:
    return reverse("admin:timeline_upload_progress", args=[upload.pk])


def shown(client: Client, upload: Upload) -> str:
    response = client.get(page(upload))
    assert response.status_code == 200
    return str(response.content.decode())


def do(client: Client, upload: Upload, what: str, **sent: Any) -> Any:
    turn = Upload.objects.get(pk=upload.pk).turn
    response = client.post(page(upload), {"do": what, "turn": turn, **sent})
    upload.refresh_from_db()
    return response


def check(client: Client, upload: Upload, **values: Any) -> Any:
    """Send the form of what was found, with some values of its first article changed."""
    forms = client.get(page(upload)).context["forms"]
    sent = {bound.html_name: bound.value() for bound in forms.management_form}
    for form in forms:
        for bound in form:
            value = bound.value()
            sent[bound.html_name] = "" if value is None else str(value)
    sent |= {f"article-0-{name}": value for name, value in values.items()}
    return do(client, upload, "read", **sent)


def store(client: Client, upload: Upload, **values: Any) -> Upload:
    check(client, upload, **values)
    assert upload.state == "read", shown(client, upload)
    do(client, upload, "save")
    assert upload.state == "stored"
    return upload


def errors(response: Any) -> str:
    assert response.status_code == 200
    return str([form.errors for form in response.context["forms"]])


class TestPasting:
    def test_from_the_text_to_the_page_that_readers_see(self, curator: Client) -> None:
        upload = taken(curator, text=ARTICLE)
        assert upload.state == "checking"
        assert not Source.objects.exists()
        store(curator, upload)
        source = Source.objects.get()
        assert (source.headline, source.published) == ("Minsk marches", date(2020, 8, 10))
        assert source.path == f"upload/{upload.pk}/pasted.txt"
        assert Event.objects.get().date == "2020-08-09"
        assert source.get_absolute_url() in shown(curator, upload)
        assert "Thousands marched" in curator.get(source.get_absolute_url()).content.decode()

    def test_the_look_marks_the_passage_and_shows_the_fields(self, curator: Client) -> None:
        upload = taken(curator, text=ARTICLE)
        check(curator, upload)
        html = shown(curator, upload)
        assert re.search(r'<mark class="passage kind-protest" id="m[\d-]+">Thousands marched', html)
        assert "9 August 2020" in html
        assert "A new event" in html
        assert not Event.objects.exists()

    def test_a_wrong_date_is_corrected(self, curator: Client) -> None:
        store(curator, taken(curator, text=ARTICLE), published="2020-08-11")
        assert Source.objects.get().published == date(2020, 8, 11)

    def test_a_changed_headline_heads_the_text(self, curator: Client) -> None:
        store(curator, taken(curator, text=ARTICLE), headline="Minsk  rises")
        source = Source.objects.get()
        assert (source.headline, source.text) == ("Minsk rises", f"Minsk rises\n\n{MARCH}")
        assert source.text[slice(*Mention.objects.values_list("start", "end").get())] in source.text

    @pytest.mark.parametrize("given", ["", "2020-13-01", "tomorrow", "0000-01-01"])
    def test_a_date_that_is_missing_or_none_is_asked_for(self, curator: Client, given: str) -> None:
        # The line is too long to be taken for one with a date.
        upload = taken(curator, text=f"Minsk marches\n\n{MARCH} {'And so they did. ' * 5}")
        assert "No date was found" in shown(curator, upload)
        assert "published" in errors(check(curator, upload, published=given))
        assert upload.state == "checking"
        store(curator, upload, published="2020-08-10")
        assert Source.objects.get().published == date(2020, 8, 10)

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Minsk marches\nBy A. Person, 10 August 2020\n\nText", date(2020, 8, 10)),
            ("Minsk marches\nAugust 10, 2020\n\nText", date(2020, 8, 10)),
            ("Minsk marches\nPublished 2020-08-10 12:00\n\nText", date(2020, 8, 10)),
            ("Minsk marches\n31 June 2020\n\nText", None),  # no such day
            (
                "Minsk marches\n\nOn 10 August 2020 " + "people marched and " * 10,
                None,
            ),  # a sentence, no dateline
            ("10 August 2020 in Minsk", None),  # the headline tells of the event
        ],
    )
    def test_a_date_near_the_head_is_a_suggestion(self, text: str, found: date | None) -> None:
        assert (documents.dateline(text) or (None,))[0] == found

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("", "Paste an article"),
            ("  \n ", "Paste an article"),
            ("date 2020-02-30 Vote\n\nText", "not a day of the calendar"),
            ("a\0b", "Null characters"),
            ("x" * 5_000_001, "over 5 MB"),
        ],
    )
    def test_what_can_not_be_read_is_said_on_the_form(
        self, curator: Client, text: str, complaint: str
    ) -> None:
        response = hand_in(curator, text=text)
        assert response.status_code == 200
        assert complaint in response.content.decode()
        assert not Upload.objects.exists()

    def test_the_same_form_sent_twice_is_one_upload(self, curator: Client) -> None:
        key = uuid4()
        first, second = (hand_in(curator, text=ARTICLE, key=key) for _ in range(2))
        assert first.url == second.url
        assert UploadedArticle.objects.count() == 1

    def test_saving_twice_stores_once(self, curator: Client) -> None:
        upload = store(curator, taken(curator, text=ARTICLE))
        assert b"done already" in curator.post(page(upload), {"do": "save"}, follow=True).content
        assert Source.objects.count() == Event.objects.count() == 1

    def test_what_was_read_anew_since_the_look_is_not_stored(self, curator: Client) -> None:
        upload = taken(curator, text=ARTICLE)
        check(curator, upload)
        (looked_at,) = re.findall(r'name="turn" value="(\d+)"', shown(curator, upload))
        do(curator, upload, "correct")
        check(curator, upload, published="1999-01-01")
        sent = {"do": "save", "turn": looked_at}
        assert "how it stands now" in curator.post(page(upload), sent, follow=True).text
        assert not Source.objects.exists()

    def test_corrections_that_come_too_late_change_nothing(
        self, curator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = taken(curator, text=ARTICLE)
        monkeypatch.setattr(uploading, "read", lambda _: False)  # as when the same form was sent twice
        check(curator, upload, published="1999-01-01")
        assert upload.articles.get().published == date(2020, 8, 10)

    def test_back_from_the_look_to_the_corrections(self, curator: Client) -> None:
        upload = taken(curator, text=ARTICLE)
        check(curator, upload)
        do(curator, upload, "correct")
        assert upload.state == "checking"
        store(curator, upload, published="2020-08-12")
        assert Source.objects.get().published == date(2020, 8, 12)

    @pytest.mark.parametrize(
        ("field", "value", "complaint"),
        [
            ("url", "javascript:alert(1)", "no web address"),
            ("headline", " ", "Give it a headline"),
            ("publisher", "x" * 201, "at most 200"),
            ("action", "replace", "Select a valid choice"),
        ],
    )
    def test_corrections_that_can_not_be_stored(
        self, curator: Client, field: str, value: str, complaint: str
    ) -> None:
        assert complaint in errors(check(curator, taken(curator, text=ARTICLE), **{field: value}))


class TestFiles:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.txt", ARTICLE),
            ("a.md", f"---\ntitle: Minsk marches\ndate: 2020-08-10\n---\n{MARCH}"),
            ("a.html", HTML),
            ("a.jsonl", json.dumps({"text": MARCH, "title": "Minsk marches", "published": "2020-08-10"})),
            (
                "a.jsonl.gz",
                gzip.compress(
                    json.dumps({"text": MARCH, "title": "Minsk marches", "published": "2020-08-10"}).encode()
                ),
            ),
        ],
    )
    def test_every_kind(self, curator: Client, name: str, content: str | bytes) -> None:
        upload = store(curator, taken(curator, file(name, content)))
        source = Source.objects.get()
        assert (source.headline, source.published) == ("Minsk marches", date(2020, 8, 10))
        assert source.path.startswith(f"upload/{upload.pk}/{name}")
        assert Event.objects.count() == 1
        assert not UploadedFile.objects.exists()

    def test_several_with_a_broken_one_named(self, curator: Client) -> None:
        other = ARTICLE.replace("Minsk", "Brest").replace("08-09", "06-09")
        upload = taken(
            curator,
            file("a.txt", ARTICLE),
            file("b.txt", other),
            file("c.txt", b"\xff\x00bad"),
            file("d.pdf", "x"),
            file("e.odt", "x"),
        )
        html = shown(curator, upload)
        assert "<strong>c.txt</strong>: It is not UTF-8 text" in html
        assert "<strong>d.pdf</strong>: It is no PDF file" in html
        assert "<strong>e.odt</strong>: This kind of file is not read." in html
        store(curator, upload)
        assert {source.headline for source in Source.objects.all()} == {"Minsk marches", "Brest marches"}

    def test_one_that_takes_too_long_to_read_is_named(
        self, curator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def slow(text: str, published: date) -> Extraction:
            if "Brest" in text:
                raise TookTooLong(60)
            return toy.extract(text, published)

        monkeypatch.setattr(workers.extraction, "extract", slow)
        monkeypatch.setattr(workers.extraction, "extract_many", lambda texts: (slow(*text) for text in texts))
        upload = taken(curator, file("a.txt", ARTICLE), file("b.txt", ARTICLE.replace("Minsk", "Brest")))
        check(curator, upload)
        assert "Reading it takes more than 60 seconds of computing." in shown(curator, upload)
        do(curator, upload, "save")
        assert [source.headline for source in Source.objects.all()] == ["Minsk marches"]

    def test_a_broken_line_of_a_corpus_is_named_and_a_date_asked_for(self, curator: Client) -> None:
        lines = [json.dumps({"text": MARCH}), "{", json.dumps({"text": "Quiet", "published": "2020-01-01"})]
        upload = taken(curator, file("c.jsonl", "\n".join(lines)))
        assert "<strong>c.jsonl, line 2</strong>: The line is not JSON" in shown(curator, upload)
        store(curator, upload, published="2020-08-10")
        assert sorted(Source.objects.values_list("path", flat=True)) == [
            f"upload/{upload.pk}/c.jsonl#line-1", f"upload/{upload.pk}/c.jsonl#line-3",
        ]  # fmt: skip

    def test_the_pages_of_a_file_are_kept_whatever_becomes_of_its_headline(self, curator: Client) -> None:
        made = FPDF()
        for lines in (["Minsk marches", "", "10 August 2020"], [MARCH]):
            made.add_page()
            made.set_font("times", "", 8)
            for line in lines:
                made.cell(0, 5, line, new_x="LMARGIN", new_y="NEXT")
        upload = taken(curator, file("a.pdf", bytes(made.output())))
        assert "The date is that of the words “10 August 2020”" in shown(curator, upload)
        store(curator, upload, headline="Minsk marches again")
        source = Source.objects.get()
        assert source.published == date(2020, 8, 10)
        assert source.text.startswith("Minsk marches again\n\n10 August 2020")
        assert [(place["page"], source.text[place["start"] :][:5]) for place in source.places] == [
            (1, "Minsk"),
            (2, MARCH[:5]),
        ]

    def test_two_of_one_name_are_two(self, curator: Client) -> None:
        upload = taken(curator, file("a.txt", ARTICLE), file("a.txt", ARTICLE.replace("Minsk", "Brest")))
        store(curator, upload)
        names = {path.rpartition("/")[2] for path in Source.objects.values_list("path", flat=True)}
        assert names == {"a.txt", "a (2).txt"}

    def test_too_many_files(self, curator: Client, settings: Any) -> None:
        settings.UPLOAD_FILES = 1
        response = hand_in(curator, file("a.txt", ARTICLE), file("b.txt", ARTICLE))
        assert "These are 2 files. At most 1 files" in response.content.decode()

    def test_too_many_bytes_in_the_files(self, curator: Client, settings: Any) -> None:
        settings.UPLOAD_MEGABYTES = 1
        response = hand_in(curator, file("a.txt", b"x" * 1_100_000))
        assert "Together the files have 1.1 MB" in response.content.decode()

    def test_a_huge_request_is_refused_before_it_is_read(self, curator: Client) -> None:
        response = curator.post(ADD, {"key": uuid4()}, CONTENT_LENGTH="900000000")
        assert response.status_code == 413
        assert "Nothing was taken" in response.content.decode()
        assert "50 MB" in response.content.decode()

    def test_a_huge_request_of_a_stranger_is_refused_before_it_is_read(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MOST_BYTES = 1_000_000
        begun: list[str] = []
        handler = "django.core.files.uploadhandler.{}FileUploadHandler.new_file"
        for where in ("Memory", "Temporary"):
            monkeypatch.setattr(handler.format(where), lambda *_, **__: begun.append("a file"))
        stranger = Client(enforce_csrf_checks=True)
        stranger.get("/admin/login/")  # which hands out the cookie that a token is held against
        response = stranger.post("/admin/login/", {"attached": file("a.txt", b"x" * 1_100_000)})
        assert (response.status_code, begun) == (400, [])

    def test_more_files_than_a_request_may_hold(self, curator: Client, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
        assert hand_in(curator, file("a.txt", ARTICLE), file("b.txt", ARTICLE)).status_code == 413

    def test_one_document_over_5_mb_is_named(self, curator: Client) -> None:
        upload = taken(curator, file("big.txt", b"x" * 5_000_001), file("a.txt", ARTICLE))
        assert "<strong>big.txt</strong>: It is over 5 MB." in shown(curator, upload)

    def test_more_articles_than_an_upload_may_hold(self, curator: Client, settings: Any) -> None:
        settings.UPLOAD_ARTICLES = 2
        lines = [json.dumps({"text": f"Report {n}", "published": "2020-01-01"}) for n in range(5)]
        upload = taken(curator, file("c.jsonl", "\n".join(lines)))
        assert upload.articles.filter(reason="").count() == 2
        assert "c.jsonl, after article 2" in shown(curator, upload)

    def test_a_file_that_unpacks_without_end(self) -> None:
        packed = gzip.compress(b"\n" * 3_000_000)
        (failure,) = documents.read_bytes(packed, "bomb.jsonl.gz", most=2_000_000)
        assert isinstance(failure, documents.Failure)
        assert "than the 2 MB" in failure.reason

    def test_files_that_unpack_without_end_together(
        self, curator: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        settings.UPLOAD_MEGABYTES = 1
        monkeypatch.setattr(uploading, "UNPACKED", 2)
        files = []
        for number in range(4):
            line = json.dumps({"text": f"Report {number}. " * 90_000, "published": "2020-01-01"})
            files.append(file(f"{number}.jsonl.gz", gzip.compress(line.encode())))
        upload = taken(curator, *files)
        assert upload.articles.filter(reason="").count() == 2
        assert "than the 0 MB that are left for it" in shown(curator, upload)

    def test_a_line_that_unpacks_without_end(self) -> None:
        packed = gzip.compress(b"x" * 30_000_000)
        found = list(documents.read_bytes(packed, "bomb.jsonl.gz", most=12_000_000))
        assert 1 <= len(found) <= 2
        assert all(isinstance(item, documents.Failure) for item in found)

    @pytest.mark.parametrize(
        "name",
        [HOSTILE + ".txt", "\u202etxt.exe\u202c.txt", "../../etc/passwd.txt", "#?%.txt", "x" * 240 + ".txt"],
    )
    def test_hostile_names(self, curator: Client, name: str) -> None:
        upload = taken(curator, file(name, ARTICLE))
        assert "<img" not in shown(curator, upload)
        store(curator, upload)
        assert Source.objects.get().path.startswith(f"upload/{upload.pk}/")
        assert "<img" not in shown(curator, upload)


@pytest.mark.parametrize("words", [HOSTILE, "\u200f\u05e9\u05dc\u202e abc", "{{ 7|add:7 }} {% csrf_token %}"])
def test_hostile_text_shows_as_text(curator: Client, words: str) -> None:
    text = f"date 2020-08-10 {words}\n\n[protest 2020-08-09 occurred BY {words}] Thousands {words} marched."
    upload = taken(curator, text=text.replace("]", "", text.count("]") - 1))
    for step in (lambda: None, lambda: check(curator, upload), lambda: do(curator, upload, "save")):
        step()
        html = shown(curator, upload)
        assert "<img src=x" not in html
        assert "<script>alert" not in html
    assert upload.state == "stored"


class TestStoredAlready:
    def test_the_same_text_is_said_so_with_a_link_and_not_stored_again(self, curator: Client) -> None:
        store(curator, taken(curator, text=ARTICLE))
        source = Source.objects.get()
        upload = taken(curator, text=ARTICLE)
        html = shown(curator, upload)
        assert "This very text is stored already" in html
        assert reverse("admin:timeline_source_change", args=[source.pk]) in html
        assert "Select a valid choice" in errors(check(curator, upload, action="add"))
        check(curator, upload)
        assert "Nothing is left to be stored" in shown(curator, upload)

    def test_twice_in_one_upload(self, curator: Client) -> None:
        store(curator, taken(curator, file("a.txt", ARTICLE), file("b.txt", ARTICLE)))
        assert Source.objects.count() == 1

    def test_stored_by_another_since_the_look(self, curator: Client) -> None:
        first, second = taken(curator, text=ARTICLE), taken(curator, text=ARTICLE)
        check(curator, second)
        store(curator, first)
        do(curator, second, "save")
        assert Source.objects.count() == 1
        assert "Stored already" in shown(curator, second)

    def test_an_article_that_is_stored_with_another_date(self, curator: Client) -> None:
        store(curator, taken(curator, text=ARTICLE))
        store(curator, taken(curator, text=ARTICLE), action="replace", published="2020-08-12")
        assert Source.objects.get().published == date(2020, 8, 12)

    def test_a_new_text_replaces_the_old_if_the_curator_says_so(self, curator: Client) -> None:
        first = store(curator, taken(curator, file("a.txt", ARTICLE)))
        event = Event.objects.get()
        Event.objects.filter(pk=event.pk).update(review="confirmed")
        upload = taken(curator, file("a.txt", ARTICLE + "\n\nMore."))
        assert "It may be another text of" in shown(curator, upload)
        check(curator, upload, action="replace")
        assert "which it tells of already" in shown(curator, upload)
        do(curator, upload, "save")
        assert Source.objects.current().get().path == f"upload/{first.pk}/a.txt"
        assert Source.objects.count() == 2
        assert Event.objects.get().review == "confirmed"

    def test_without_being_told_it_is_another_article(self, curator: Client) -> None:
        store(curator, taken(curator, file("a.txt", ARTICLE)))
        store(curator, taken(curator, file("a.txt", ARTICLE + "\n\nMore.")))
        assert Source.objects.current().count() == 2

    def test_what_a_file_would_bring_back_can_not_be_replaced(self, curator: Client, tmp_path: Any) -> None:
        (tmp_path / "a.txt").write_text(ARTICLE)
        make_source(headline="Minsk marches", path=str(tmp_path / "a.txt"))
        upload = taken(curator, text=ARTICLE)
        assert "Select a valid choice" in errors(check(curator, upload, action="replace"))

    def test_a_folder_that_brings_it_later_takes_it_over(self, curator: Client, tmp_path: Any) -> None:
        store(curator, taken(curator, text=ARTICLE))
        (tmp_path / "a.txt").write_text(ARTICLE)
        (result,) = uploading.loading.load(documents.read([tmp_path]))
        assert result.outcome == "unchanged"
        assert Source.objects.get().path == f"{tmp_path}/a.txt"

    def test_an_event_that_is_stored_already_is_named_with_the_reason(self, curator: Client) -> None:
        event = make_event(title="The great march")
        make_mention(make_source(), event)
        upload = taken(curator, text=ARTICLE)
        check(curator, upload)
        html = shown(curator, upload)
        assert "Joins" in html
        assert "The great march" in html
        assert "same kind and country, same date" in html
        do(curator, upload, "save")
        assert Event.objects.count() == 1
        assert "joined: same kind and country, same date" in shown(curator, upload)

    def test_a_rejected_event_is_not_joined(self, curator: Client) -> None:
        make_mention(make_source(), make_event(review="rejected"))
        upload = taken(curator, text=ARTICLE)
        check(curator, upload)
        assert "A new event" in shown(curator, upload)


class TestMany:
    def test_more_than_a_few_have_a_page_each(self, curator: Client) -> None:
        lines = [json.dumps({"text": f"Report {n}\n\n{MARCH}", "published": "2020-08-10"}) for n in range(6)]
        upload = taken(curator, file("c.jsonl", "\n".join(lines)))
        check(curator, upload)
        html = shown(curator, upload)
        assert "<mark" not in html
        article = upload.articles.last()
        address = reverse("admin:timeline_upload_article", args=[upload.pk, article.pk])
        assert address in html
        assert '<mark class="passage' in curator.get(address).content.decode()
        other = reverse("admin:timeline_upload_article", args=[upload.pk + 1, article.pk])
        assert curator.get(other).status_code == 404

    def test_texts_are_not_kept_twice(self, curator: Client) -> None:
        upload = store(curator, taken(curator, file("a.txt", ARTICLE)))
        assert list(upload.articles.values_list("text", "reading")) == [("", [])]

    def test_old_drafts_go(self, curator: Client) -> None:
        old, done = taken(curator, text=ARTICLE), store(curator, taken(curator, text=ARTICLE + "!"))
        Upload.objects.update(made_at=timezone.now() - timedelta(days=40))
        uploading.tidy()
        assert not Upload.objects.filter(pk=old.pk).exists()
        assert Upload.objects.filter(pk=done.pk).exists()

    def test_an_upload_can_be_deleted(self, curator: Client) -> None:
        upload = store(curator, taken(curator, text=ARTICLE))
        curator.post(reverse("admin:timeline_upload_delete", args=[upload.pk]), {"post": "yes"})
        assert not Upload.objects.exists()
        assert Source.objects.count() == 1


class TestPermission:
    def adder(self, client: Client, *names: str) -> Client:
        user = User.objects.create(username="one", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        return client

    def test_who_may_add_sources_may_do_all_of_it(self, client: Client) -> None:
        adder = self.adder(client, "add_source")
        upload = store(adder, taken(adder, text=ARTICLE))
        assert adder.get("/admin/timeline/upload/").status_code == 200
        assert adder.get("/admin/timeline/source/add/").url == ADD
        response = adder.post(reverse("admin:timeline_upload_delete", args=[upload.pk]), {"post": "yes"})
        assert response.status_code == 302
        assert not Upload.objects.exists()

    def test_others_may_not(self, client: Client) -> None:
        upload = Upload.objects.create(key=uuid4(), state="read")
        other = self.adder(client, "view_source", "change_event")
        for address in ("/admin/timeline/upload/", ADD, page(upload), progress_of(upload)):
            assert other.get(address).status_code == 403
        for what in ("save", "read", "again", "correct"):
            assert do(other, upload, what).status_code == 403
        assert hand_in(other, text=ARTICLE).status_code == 403
        assert other.post(ADD, CONTENT_LENGTH="900000000").status_code == 403
        assert "Add article" not in other.get("/admin/timeline/source/").content.decode()

    def test_strangers_are_asked_to_log_in(self, client: Client) -> None:
        assert "/admin/login/" in client.get(ADD).url
        assert "/admin/login/" in hand_in(client, text=ARTICLE).url

    def test_a_form_from_elsewhere_is_refused(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(User.objects.create(username="curator", is_staff=True, is_superuser=True))
        upload = Upload.objects.create(key=uuid4(), state="read")
        assert hand_in(client, text=ARTICLE).status_code == 403
        assert do(client, upload, "save").status_code == 403
        assert upload.state == "read"

    def test_the_list_of_sources_leads_there(self, curator: Client) -> None:
        assert f'href="{ADD}"' in curator.get("/admin/timeline/source/").content.decode()


@pytest.mark.django_db(transaction=True)  # the worker closes the connection that it used
@pytest.mark.usefixtures("queue")
class TestQueue:
    def waiting(self, client: Client) -> Upload:
        upload = taken(client, file("a.txt", ARTICLE))
        assert upload.state == "opening"
        return upload

    def test_the_request_only_queues(self, curator: Client) -> None:
        upload = self.waiting(curator)
        assert "It waits for its turn" in shown(curator, upload)
        background.work_off()
        upload.refresh_from_db()
        assert upload.state == "checking"

    def test_a_task_runs_once(self, curator: Client) -> None:
        upload = taken(curator, text=ARTICLE)
        check(curator, upload)
        background.work_off()
        upload.refresh_from_db()
        do(curator, upload, "save")
        turn = upload.turn
        background.work_off()
        uploading.work.call(upload.pk, turn)
        assert Source.objects.count() == 1
        assert [row.status for row in DBTaskResult.objects.all()] == [TaskResultStatus.SUCCESSFUL] * 2

    def killed(self, upload: Upload, ago: timedelta) -> None:
        """As a process leaves it that is killed in the middle of the task."""
        DBTaskResult.objects.update(status=TaskResultStatus.RUNNING, started_at=timezone.now() - ago)
        Upload.objects.filter(pk=upload.pk).update(beat=timezone.now() - ago)

    def test_what_a_dead_process_left_is_taken_up_again(self, curator: Client) -> None:
        upload = self.waiting(curator)
        self.killed(upload, timedelta(minutes=5))
        assert uploading.look_after()
        background.work_off()
        upload.refresh_from_db()
        assert upload.state == "checking"
        assert upload.articles.count() == 1

    def test_what_gives_signs_of_life_is_let_be(self, curator: Client) -> None:
        upload = self.waiting(curator)
        self.killed(upload, timedelta(seconds=30))
        assert uploading.look_after()
        upload.refresh_from_db()
        assert upload.turn == 1
        assert not DBTaskResult.objects.ready().exists()

    def test_one_taken_for_dead_writes_no_more(self, curator: Client) -> None:
        upload = self.waiting(curator)
        old = uploading._Heart(Upload.objects.get(pk=upload.pk))
        self.killed(upload, timedelta(minutes=5))
        uploading.look_after()
        with pytest.raises(uploading.Superseded):
            old()

    def test_what_kills_every_process_is_given_up_and_can_be_tried_again(self, curator: Client) -> None:
        upload = self.waiting(curator)
        for _ in range(uploading.ATTEMPTS):
            self.killed(upload, timedelta(minutes=5))
            uploading.look_after()
        upload.refresh_from_db()
        assert "begun 3 times" in upload.problem
        assert "Try again" in shown(curator, upload)
        do(curator, upload, "again")
        background.work_off()
        upload.refresh_from_db()
        assert (upload.state, upload.problem) == ("checking", "")

    def test_a_failure_is_shown_with_a_way_on(self, curator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        upload = self.waiting(curator)
        with monkeypatch.context() as patch:
            patch.setattr(uploading, "_look_up", lambda _upload: 1 / 0)
            background.work_off()
        assert "division by zero" in shown(curator, upload)
        assert curator.get(progress_of(upload)).json()["busy"] is False
        do(curator, upload, "again")
        background.work_off()
        store_after_queue(curator, upload)
        assert Source.objects.count() == 1

    def test_saving_that_was_cut_off_goes_on_where_it_was(
        self, curator: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload = taken(curator, file("a.txt", ARTICLE), file("b.txt", ARTICLE.replace("Minsk", "Brest")))
        background.work_off()
        check(curator, upload)
        background.work_off()
        upload.refresh_from_db()
        do(curator, upload, "save")
        note = uploading._note
        with monkeypatch.context() as patch:

            def cut_off(upload: Upload, pk: int, result: Any) -> None:
                if Source.objects.count() == 2:
                    raise RuntimeError("cut off")
                note(upload, pk, result)

            patch.setattr(uploading, "_note", cut_off)
            background.work_off()
        upload.refresh_from_db()
        assert upload.problem == "RuntimeError: cut off"
        do(curator, upload, "again")
        background.work_off()
        upload.refresh_from_db()
        assert upload.state == "stored"
        assert Source.objects.count() == 2
        assert upload.articles.exclude(source=None).count() == 2

    def test_a_deleted_upload_is_nobodys_task(self, curator: Client) -> None:
        self.waiting(curator).delete()
        background.work_off()
        assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL

    def test_with_a_worker_of_its_own_nothing_is_done_inside(self, curator: Client, settings: Any) -> None:
        settings.TIMELINE_TASKS = "worker"
        upload = self.waiting(curator)
        background.wake(uploading.look_after)
        assert background.inside._thread is None
        assert DBTaskResult.objects.ready().count() == 1
        assert "manage.py db_worker" in shown(curator, upload)


def store_after_queue(client: Client, upload: Upload) -> None:
    upload.refresh_from_db()
    check(client, upload)
    background.work_off()
    upload.refresh_from_db()
    do(client, upload, "save")
    background.work_off()


@pytest.mark.django_db(transaction=True)  # the worker closes the connection that it used
@pytest.mark.usefixtures("queue")
def test_a_large_corpus_is_taken_at_once(curator: Client) -> None:
    lines = [
        json.dumps({"text": f"Report {n}\n\n{MARCH} {'More. ' * 400}", "published": "2020-08-10"})
        for n in range(200)
    ]
    began = time.monotonic()
    upload = taken(curator, file("c.jsonl", "\n".join(lines)))
    assert time.monotonic() - began < 1
    background.work_off()
    upload.refresh_from_db()
    began = time.monotonic()
    check(curator, upload)
    assert upload.state == "reading"
    background.work_off()
    upload.refresh_from_db()
    began = time.monotonic()
    do(curator, upload, "save")
    assert time.monotonic() - began < 1
    background.work_off()
    assert Source.objects.count() == 200


class TestThread:
    """The thread of the web process, without a database."""

    @pytest.fixture
    def inside(self, settings: Any) -> background.Inside:
        settings.TIMELINE_TASKS = "inside"
        return background.Inside()

    def ended(self, inside: background.Inside) -> bool:
        for _ in range(100):
            if inside._thread is None:
                return True
            time.sleep(0.02)
        return False

    def test_is_there_while_there_is_work(
        self, inside: background.Inside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(background, "PAUSE", 0.01)
        worked: list[int] = []
        monkeypatch.setattr(background, "work_off", lambda: worked.append(1))
        left = [True, True, False]
        inside.wake(lambda: left.pop(0))
        assert self.ended(inside)
        assert len(worked) == 3
        left.append(False)
        inside.wake(lambda: left.pop(0))
        assert self.ended(inside)
        assert len(worked) == 4

    def test_is_one_however_often_it_is_called(
        self, inside: background.Inside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        go_on = Bell()
        monkeypatch.setattr(background, "work_off", lambda: go_on.wait(5))
        inside.wake(lambda: False)
        first = inside._thread
        inside.wake(lambda: False)
        assert inside._thread is first
        go_on.set()
        assert self.ended(inside)

    def test_a_database_that_fails_is_tried_again(
        self, inside: background.Inside, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(background, "PAUSE", 0.01)
        tried: list[int] = []

        def fail() -> None:
            tried.append(1)
            raise DatabaseError("locked")

        monkeypatch.setattr(background, "work_off", fail)
        inside.wake(lambda: False)
        assert self.ended(inside)
        assert len(tried) == background.TRIES


@pytest.mark.django_db(transaction=True)  # the worker closes the connection that it used
@pytest.mark.processes
@pytest.mark.usefixtures("queue")
def test_the_parser_and_the_page_reader_stay_out_of_this_process(curator: Client) -> None:
    upload = taken(curator, file("a.html", HTML.replace(MARCH, BODY)))
    background.work_off()
    upload.refresh_from_db()
    assert upload.state == "checking", upload.problem
    check(curator, upload)
    background.work_off()
    upload.refresh_from_db()
    assert upload.state == "read", upload.problem
    assert '<mark class="passage' in shown(curator, upload)


@pytest.mark.processes
def test_two_workers_do_each_task_once(tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "TIMELINE_CACHE_FOLDER": str(tmp_path),
        "TIMELINE_TASKS": "worker",
    }

    def manage(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(Path(uploading.__file__).parent.parent / "manage.py"), *arguments]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def done(process: subprocess.Popen[str]) -> str:
        output, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
        return output

    done(manage("migrate", "--verbosity=0"))
    give = (
        "from uuid import uuid4; from django.core.files.base import ContentFile as F;"
        "from timeline import uploading as u;"
        "[u.hand_in(None, uuid4(), None, [F(b'date 2020-08-10 Minsk %d' % n, 'a.txt')]) for n in range(6)]"
    )
    done(manage("shell", "--verbosity=0", "--command", give))
    workers = [manage("db_worker", "--batch", "--no-startup-delay", "--no-reload") for _ in range(2)]
    for worker in workers:
        done(worker)
    count = (
        "from timeline.models import *; from django_tasks_db.models import DBTaskResult as R;"
        "print([(u.state, u.problem, u.articles.count()) for u in Upload.objects.all()],"
        "{(r.status, len(r.worker_ids)) for r in R.objects.all()})"
    )
    told = done(manage("shell", "--verbosity=0", "--command", count))
    assert told.strip() == f"{[('checking', '', 1)] * 6} {{('SUCCESSFUL', 1)}}"
