"""Curators at the admin's forms, as browsers send them, and what they were told each time."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from threading import Event
from typing import Any
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, HTTPErrorProcessor, Request, build_opener

from lxml import html

PASSWORD = "four words are enough"  # noqa: S105 (of a database that is gone after the test)
ACCOUNTS = """
from django.contrib.auth.models import User
from tests.factories import make_user
for name in {names!r}:
    user = make_user("Curators", username=name)
    user.set_password({password!r})
    user.save()
"""
PATIENCE = 60  # seconds
EVENTS = "/admin/timeline/event/"
CORRECTIONS: Mapping[str, tuple[str, ...]] = {
    "title": ("A march", "A vigil", "A rally"),
    "date": ("2020-08", "2020-07-31", "2020"),
    "kind": ("crackdown", "election", "referendum"),
    "country": ("PL", "LT", "UA"),
}


class _AsTheyAre(HTTPErrorProcessor):
    """Answers are told of, not followed to where they lead, and none is an error."""

    def http_response(self, _request: Request, response: HTTPResponse) -> HTTPResponse:
        return response


def form_of(page: Any) -> Any:
    """The page's own form, which isn't the one that logs out."""
    return next(form for form in page.forms if form.method == "POST" and "logout" not in (form.action or ""))


@dataclass(frozen=True)
class Answer:
    status: int
    to: str
    page: Any
    seconds: float


@dataclass(frozen=True)
class Sent:
    """A decision as it was sent: its reason is in no other; whether it was taken is what the answer says."""

    reason: str
    event: int
    values: Mapping[str, str]
    taken: bool
    seconds: float


@dataclass
class Curator:
    """One who corrects some events and merges others, until told to stop."""

    site: str
    name: str
    corrected: list[int]
    merged: list[int]
    chance: random.Random
    sent: list[Sent] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()), _AsTheyAre)

    def log_in(self) -> None:
        form = {"username": self.name, "password": PASSWORD}
        answer = self.send("/admin/login/", self.ask("/admin/login/").page, form)
        assert answer.status == 302, answer

    def ask(self, path: str, data: Mapping[str, str] | None = None) -> Answer:
        body = None if data is None else urlencode(data).encode()
        begun = time.monotonic()
        with self.opener.open(urljoin(self.site, path), body, timeout=PATIENCE) as answer:
            told = answer.read().decode()
        if answer.status >= 500:
            self.failures.append(f"{path} {answer.status} {told[:500]}")
        page = html.fromstring(told) if told.strip() else None
        return Answer(answer.status, answer.headers.get("Location", ""), page, time.monotonic() - begun)

    def send(self, path: str, page: Any, values: Mapping[str, str]) -> Answer:
        """The form that writes, filled in as the page has it but for these values."""
        form = form_of(page)
        return self.ask(form.action or path, {**dict(form.form_values()), **values})

    def work(self, done: Event) -> None:
        acts = [self.correct, self.correct, self.correct, self.merge_and_undo]
        number = 0
        try:
            while not done.is_set():
                number += 1
                self.chance.choice(acts)(f"{self.name} {number}")
        except Exception as problem:  # noqa: BLE001 (told in the test's own thread)
            self.failures.append(f"{type(problem).__name__} {problem}")

    def correct(self, reason: str) -> None:
        event = self.chance.choice(self.corrected)
        name = self.chance.choice(sorted(CORRECTIONS))
        path = f"{EVENTS}{event}/change/"
        page = self.ask(path).page
        now = dict(form_of(page).form_values())[name]
        value = self.chance.choice([value for value in CORRECTIONS[name] if value != now])
        answer = self.send(path, page, {name: value, "reason": reason, "_save": "Save"})
        self._note(reason, event, {name: value}, answer, answer.to.startswith(EVENTS) and answer.to != path)

    def merge_and_undo(self, reason: str) -> None:
        target, other = self.chance.sample(self.merged, 2)
        path = f"{EVENTS}merge/?ids={target},{other}&target={target}"
        page = self.ask(path)
        if page.status != 200 or not page.page.xpath("//*[@name='previewed']"):
            return  # another curator has merged one of them
        answer = self.send(path, page.page, {"target": str(target), "reason": reason})
        self._note(reason, other, {"merged_into_id": str(target)}, answer, answer.status == 302)
        if answer.status != 302:
            return
        links = self.ask(answer.to).page.xpath("//a[contains(@href, '#undo')]/@href")
        decision = links[0].partition("#")[0]
        page = self.ask(decision)
        answer = self.send(decision, page.page, {"reason": f"{reason} undone"})
        self._note(f"{reason} undone", other, {"merged_into_id": ""}, answer, answer.to != decision)

    def _note(self, reason: str, event: int, values: Mapping[str, str], answer: Answer, taken: bool) -> None:
        self.sent.append(Sent(reason, event, values, taken and answer.status == 302, answer.seconds))
