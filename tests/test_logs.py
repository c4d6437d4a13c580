"""Lines of the log: one a request, with its id, and nothing about who asked or what for."""

import io
import json
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client, RequestFactory, override_settings
from django_guid import clear_guid, set_guid

from timeline import logs, views

GIVEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is logged meanwhile, as JSON."""
    monkeypatch.setenv("TIMELINE_LOG_FORMAT", "json")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter())
    handler.addFilter(logs.WithRequest())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


class TestIds:
    def test_an_answer_bears_one_of_its_own(self) -> None:
        first, second = (Client().get("/healthz/nothing")["X-Request-ID"] for _ in range(2))
        assert logs.ID.fullmatch(first)
        assert first != second

    def test_that_of_a_proxy_is_taken_over(self) -> None:
        with override_settings(PROXIES=1):
            assert Client().get("/nothing", headers={"x-request-id": GIVEN})["X-Request-ID"] == GIVEN

    def test_anybody_elses_is_not(self) -> None:
        with override_settings(PROXIES=0):
            assert Client().get("/nothing", headers={"x-request-id": GIVEN})["X-Request-ID"] != GIVEN

    @pytest.mark.parametrize(
        "value",
        ["", "x", GIVEN + "0", "-" * 500 + GIVEN, f"urn:uuid:{GIVEN}", f"{{{GIVEN}}}", GIVEN + "\n", "<b>"],
        ids=["empty", "letter", "too long", "dashes", "urn", "braces", "line end", "markup"],
    )
    def test_what_is_none_is_replaced(self, value: str) -> None:
        with override_settings(PROXIES=1):
            told = Client().get("/nothing", HTTP_X_REQUEST_ID=value)["X-Request-ID"]
        assert logs.ID.fullmatch(told)
        assert told != GIVEN

    def test_the_page_of_a_mistake_names_it(self) -> None:
        request = RequestFactory().get("/")
        request.correlation_id = GIVEN  # type: ignore[attr-defined]
        answer = views.failed(request)
        assert answer.status_code == 500
        assert GIVEN in answer.content.decode()

    @pytest.mark.django_db
    def test_a_mistake_is_logged_with_the_id_and_without_the_query(
        self, lines: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("timeline.columns.current", lambda: 1 / 0)
        client = Client(raise_request_exception=False)
        answer = client.get("/", {"q": "a name searched for"})
        assert answer.status_code == 500
        assert answer["X-Request-ID"] in answer.content.decode()
        (line,) = [one for one in lines() if one["logger"] == "django.request"]
        assert line["request_id"] == answer["X-Request-ID"]
        assert "ZeroDivisionError" in line["exc_info"]
        assert "searched" not in json.dumps(line)


class TestLines:
    def test_are_json_objects_with_a_time(self, lines: Any) -> None:
        set_guid(GIVEN)
        try:
            logging.getLogger("timeline.somewhere").warning("Beware:\nof “this”", extra={"articles": 3})
        finally:
            clear_guid()
        (line,) = lines()
        assert line["message"] == "Beware:\nof “this”"
        assert (line["level"], line["articles"], line["request_id"]) == ("WARNING", 3, GIVEN)
        assert line["time"].startswith("20")

    def test_are_plain_where_somebody_looks_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TIMELINE_LOG_FORMAT", raising=False)
        monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True))
        assert logs.chosen_format() == "plain"
        monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: False))
        assert logs.chosen_format() == "json"


class TestRequests:
    def log(self, path: str, status: int = 200) -> None:
        sent = SimpleNamespace(status_code=status, sent=1234, headers=[("X-Request-ID", GIVEN)])
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": "q=secret",
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_COOKIE": "sessionid=secret",
        }
        logs.ServerLogger.access(None, sent, None, environ, timedelta(milliseconds=12.34))

    def test_a_line_says_what_was_answered_and_not_to_whom(self, lines: Any) -> None:
        self.log("/events/7/")
        (line,) = lines()
        told = {name: line[name] for name in ("method", "path", "status", "ms", "bytes", "request_id")}
        assert list(told.values()) == ["GET", "/events/7/", 200, 12.3, 1234, GIVEN]
        assert "secret" not in json.dumps(line)
        assert "192.0.2.1" not in json.dumps(line)

    def test_a_path_makes_no_second_line(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO):
            self.log("/a\nb")
        assert "\n" not in caplog.messages[0]

    def test_probes_are_a_line_only_where_something_is_wrong(self, lines: Any) -> None:
        self.log("/readyz")
        assert lines() == []
        self.log("/readyz", status=503)
        assert len(lines()) == 1
