"""Hostile text in every field that holds any: on every page, public and admin, it is text, no more."""

import json
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from tests.test_roles import ROWS, address, pages_of
from timeline import curating
from timeline.history import last_decision
from timeline.models import Actor, Event, Mention, Participation, Review, Source, Upload

pytestmark = pytest.mark.django_db
TAG = "<script>alert(1)</script>"
SECRET = "{{ settings.SECRET_KEY }}{% debug %}"  # noqa: S105
HOSTILE = f"{TAG}\"' onload='alert(1)' x=\"><img src=x onerror=alert(2)>{SECRET}\u202e]]>-->"
WORDS = "alert"
DATA = ("application/json", "application/ld+json")  # which browsers do not run


def text_fields(model: type[models.Model]) -> Iterator[Any]:
    """Those that take any text: not choices, nor countries, dates and hashes."""
    for field in model._meta.get_fields():
        if isinstance(field, (models.CharField, models.TextField)) and not field.choices:
            yield field


def spoil(row: Any, *, but: tuple[str, ...] = ()) -> Any:
    """Hostile text in all its fields, as much of it as each takes, past everything that would refuse it."""
    written = {
        field.name: HOSTILE[: field.max_length]
        for field in text_fields(type(row))
        if field.name not in {"date", "country", "sha256", "password", *but}
    }
    type(row).objects.filter(pk=row.pk).update(**written)
    row.refresh_from_db()
    return row


@pytest.fixture
def rows() -> dict[str, Any]:
    """A row of each model of the admin, all of them told of by each other."""
    nul = "\0" if connection.vendor == "sqlite" else ""  # PostgreSQL stores none
    source = factories.make_source(
        text=f"{HOSTILE}\n\n{HOSTILE}{nul} before. {HOSTILE} after.", headline=HOSTILE, publisher=HOSTILE
    )
    other = factories.make_source(text=f"{HOSTILE}\n\n{HOSTILE}", url="javascript:alert(1)")
    event = spoil(factories.make_event(locked_fields=["title"], disputed=True))
    start = source.text.index("before")
    mention = factories.make_mention(
        source, event, start, len(source.text), cited=HOSTILE, merge_reason=HOSTILE, extractor="1",
        spans={"date": [start, start + 30], "kind": [0, 20], HOSTILE: [0, 60]},
        rules={"date": HOSTILE, HOSTILE: HOSTILE},
        participants=[{"name": HOSTILE, "role": HOSTILE, "kind": HOSTILE, "country": "", "span": [0, 40]}],
    )  # fmt: skip
    told_too = factories.make_mention(other, event, status="planned", date="2021", country="KE")
    spoil(told_too, but=("quote",))
    spoil(source, but=("text",))
    spoil(other, but=("text", "url", "path"))
    actor = spoil(factories.make_actor(aliases=[HOSTILE], country="BY"))
    Participation.objects.create(event=event, actor=actor, role="initiator")
    user = spoil(factories.make_user("Curators"))
    group = spoil(Group.objects.create(name="Group"))
    user.groups.add(group)
    attempt = spoil(
        AccessAttempt.objects.create(
            ip_address="192.0.2.1", failures_since_start=7, attempt_time=timezone.now()
        )
    )
    curating.review([event], Review.CONFIRMED, by=user, reason=HOSTILE)
    decision = spoil(last_decision(event))
    upload = Upload.objects.create(key=uuid4(), user=user, state=Upload.State.READ)
    article = upload.articles.create(published=date(2020, 8, 10), like=source)
    spoil(article, but=("url", "reason", "mend", "outcome"))
    for row in (event, mention, source, actor):
        LogEntry.objects.log_actions(
            user.pk, [row], CHANGE, [{"changed": {"fields": [HOSTILE]}}], single_object=True
        )
    told = (source, event, mention, actor, user, group, attempt, decision, upload)
    return {row._meta.label_lower: row for row in told} | {"other": other}


class Tags(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.wrongs: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "script" and "src" not in told and told.get("type") not in DATA:
            self.wrongs.append(f"<script> {told}")
        if tag in ("img", "iframe", "object", "embed", "style") and told.get("src", "x") == "x":
            self.wrongs.append(f"<{tag}> {told}")
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.wrongs.append(f"{name}={value}")
            if name in ("href", "src", "action") and (value or "").strip().lower().startswith("javascript:"):
                self.wrongs.append(f"{name}={value}")

    handle_startendtag = handle_starttag


def check(response: Any, where: str) -> None:
    assert response.status_code == 200, where
    assert TAG not in response.text, where
    assert Tags(response.text).wrongs == [], where


def test_the_fields_are_spoilt(rows: dict[str, Any]) -> None:
    assert set(ROWS) <= set(rows), "a new model's text is to be spoilt too"
    for name in ("headline", "publisher", "path", "extractor"):
        assert getattr(rows["timeline.source"], name).startswith(TAG), name
    assert rows["auth.user"].username == HOSTILE
    assert {field.name for field in text_fields(Event)} >= {"title", "summary"}
    assert {field.name for field in text_fields(Mention)} >= {"quote", "prefix", "suffix", "cited"}
    assert {field.name for field in text_fields(Actor)} >= {"name"}
    assert {field.name for field in text_fields(User)} >= {"username", "first_name", "email"}
    assert Source.objects.filter(headline=HOSTILE).count() == 2


@pytest.mark.parametrize("model", sorted(ROWS))
def test_on_pages_of_the_admin(rows: dict[str, Any], model: str) -> None:
    client = Client()
    client.force_login(spoil(factories.make_user(is_superuser=True), but=("username",)))
    for page, name in pages_of(model):
        response = client.get(address(name, page, rows[model]), follow=True)
        if response.status_code in (403, 405):
            continue
        check(response, page)
        if page in ("changelist", "change", "delete", "password_change"):
            assert "&lt;script&gt;alert(1)" in response.text, page


def test_on_the_front_page_and_in_messages_of_the_admin(rows: dict[str, Any]) -> None:
    client = Client()
    client.force_login(rows["auth.user"])  # whose name is on every page
    for name in ("admin:index", "admin:password_change"):
        response = client.get(reverse(name))
        check(response, name)
        assert "&lt;script&gt;alert(1)" in response.text
    event = rows["timeline.event"]
    for action in ("confirm", "reject", "back_to_unreviewed"):
        sent = {"action": action, "_selected_action": [event.pk]}
        check(client.post(reverse("admin:timeline_event_changelist"), sent, follow=True), action)
    for model in ("event", "actor", "source"):
        field = {"event": "event", "actor": "actor", "source": "source"}[model]
        of = "participation" if model == "actor" else "mention"
        query = {"app_label": "timeline", "model_name": of, "field_name": field, "term": "script"}
        answer = client.get(reverse("admin:autocomplete"), query)
        assert answer["Content-Type"] == "application/json"
        assert TAG in answer.json()["results"][0]["text"]  # put into the page as text by the widget


@pytest.mark.parametrize("who", ["stranger", "curator"])
def test_on_public_pages(rows: dict[str, Any], who: str) -> None:
    client = Client()
    if who == "curator":
        client.force_login(rows["auth.user"])
    event, actor, source = (rows[f"timeline.{name}"] for name in ("event", "actor", "source"))
    asked = [
        "/", f"/?text={WORDS}", f"/?event={event.pk}", "/?group=actor", f"/?actor={actor.pk}",
        f"/?source={source.pk}", "/?text=%3Cscript%3Ealert(1)%3C/script%3E",
        "/?from=%22%3E%3Cscript%3E&kind=%3Cb%3E",
        *(row.get_absolute_url() for row in (event, actor, source, rows["other"])),
    ]  # fmt: skip
    for one in asked:
        response = client.get(one)
        check(response, one)
        if "from=" not in one:
            assert "&lt;script&gt;alert(1)" in response.text, one
        if one == event.get_absolute_url():
            assert "{{ settings.SECRET_KEY }}" in response.text


@pytest.mark.parametrize("query", ["", "?group=actor", "?group=country"])
def test_in_the_figure(rows: dict[str, Any], query: str) -> None:
    """Plotly takes some tags in what it is told, so they are escaped in the JSON too."""
    response = Client().get(f"/figure.json{query}")
    assert TAG not in json.dumps(response.json())
    assert "&lt;script&gt;alert(1)" in json.dumps(response.json())


def test_where_logins_are_throttled() -> None:
    client = Client()
    for _ in range(6):
        response = client.post("/admin/login/?next=" + TAG, {"username": HOSTILE[:150], "password": HOSTILE})
        assert TAG not in response.text
        assert Tags(response.text).wrongs == []
    assert response.status_code == 429


def test_in_the_api(rows: dict[str, Any]) -> None:
    client = Client()
    for kind in ("event", "source", "actor"):
        for where in (f"/api/v1/{kind}s/", f"/api/v1/{kind}s/{rows[f'timeline.{kind}'].pk}/"):
            page = client.get(f"{where}?format=html")
            check(page, where)
            assert "&lt;script&gt;alert(1)" in page.text, where
            assert "\u202e" not in page.text, where
            data = client.get(where)
            assert (data["Content-Type"], data["X-Content-Type-Options"]) == ("application/json", "nosniff")
            assert TAG in json.dumps(data.json()), where
    asked = client.get(
        "/api/v1/events/", {HOSTILE: HOSTILE, "kind": HOSTILE, "cursor": HOSTILE, "format": "html"}
    )
    assert (asked.status_code, TAG in asked.text, Tags(asked.text).wrongs) == (400, False, [])
