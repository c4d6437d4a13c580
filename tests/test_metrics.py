"""What is counted and told to Prometheus: right over all workers, dead ones too, and off unless asked for."""

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.db import DatabaseError
from django.http import HttpResponse
from django.test import Client, override_settings
from django_tasks_db.models import DBTaskResult
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from scripts.postgres import free_port
from tests.factories import make_event, make_source
from tests.servers import WORKERS, children, server, until
from timeline import columns, metrics
from timeline.models import Kind
from timeline.stock import Stock

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parsed(text: str) -> Samples:
    families = list(text_string_to_metric_families(text))
    assert [name for name, times in Counter(one.name for one in families).items() if times > 1] == []
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def of(samples: Samples, name: str, **labels: str) -> float:
    """The sum of all samples with this name and at least these labels."""
    return sum(
        value for (one, had), value in samples.items() if one == name and had >= frozenset(labels.items())
    )


class TestStock:
    def told(self) -> Samples:
        registry = CollectorRegistry()
        registry.register(Stock())
        return parsed(generate_latest(registry).decode())

    @pytest.fixture(autouse=True)
    def _connection_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is the test's own, with its transaction."""
        monkeypatch.setattr("timeline.stock.connection.close", lambda: None)

    @pytest.mark.django_db
    def test_what_there_is(self) -> None:
        for review in ("unreviewed", "confirmed", "rejected"):
            make_event(kind="protest", review=review)
        make_event(kind="election")
        make_source()
        DBTaskResult.objects.create(
            task_path="timeline.uploading.opened", args_kwargs={}, queue_name="default",
            backend_name="default", run_after="2024-01-01T00:00Z",
        )  # fmt: skip
        told = self.told()
        assert {kind: of(told, "timeline_events", kind=kind) for kind in Kind.values} == {
            **dict.fromkeys(Kind.values, 0), "protest": 2, "election": 1,
        }  # fmt: skip
        assert of(told, "timeline_sources") == 1
        assert of(told, "timeline_tasks", state="waiting") == 1
        assert of(told, "timeline_tasks", state="running") == 0
        assert of(told, "timeline_database_up") == 1

    @pytest.mark.django_db
    def test_a_write_is_seen_and_then_known(self) -> None:
        columns.current()
        before = Stock().change_known()
        make_event()
        told = self.told()
        assert before is not None
        assert of(told, "timeline_change") > before
        assert Stock().change_known() == of(told, "timeline_change")

    @pytest.mark.django_db
    def test_without_a_database_they_say_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone() -> None:
            raise DatabaseError("postgres://user:secret@host is gone")

        monkeypatch.setattr("timeline.stock._sources", gone)
        told = self.told()
        assert told == {("timeline_database_up", frozenset()): 0}


class TestViews:
    @pytest.mark.django_db
    def test_the_server_is_told_which_view_it_was(self) -> None:
        with override_settings(METRICS_PORT=1):
            client = Client()
            assert client.get("/events.csv").wsgi_request.META[metrics.VIEW] == "events-csv"
            assert metrics.VIEW not in client.get("/nothing").wsgi_request.META

    def test_off_it_costs_nothing(self) -> None:
        with override_settings(METRICS_PORT=0), pytest.raises(MiddlewareNotUsed):
            metrics.views_named(lambda _: HttpResponse())


class TestTheFolder:
    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(metrics.FOLDER, "")
        metrics.Server(folder, 0).prepare()
        assert os.environ[metrics.FOLDER] == str(folder)

    def test_begins_empty_and_those_of_the_dead_go(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with subprocess.Popen([sys.executable, "-c", ""]) as process:
            process.wait()
        own, dead, living = (tmp_path / str(one) for one in ("own", process.pid, os.getppid()))
        for folder in (own, dead, living):
            folder.mkdir()
            (folder / "counter_0.db").touch()
        self.prepare(own, monkeypatch)
        assert {one.name for one in tmp_path.iterdir()} == {own.name, living.name}
        assert list(own.iterdir()) == []

    def test_where_none_can_be_made(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ImproperlyConfigured, match="Set TIMELINE_CACHE_FOLDER"):
            self.prepare(tmp_path / "file" / "1", monkeypatch)


def test_a_number_is_free_again_when_its_worker_has_ended() -> None:
    arbiter: Any = SimpleNamespace(WORKERS={})
    numbers = []
    for pid in (10, 11, 12, 13):
        if pid == 13:
            del arbiter.WORKERS[11]
        worker: Any = SimpleNamespace()
        metrics.Server(Path(), 0).number(arbiter, worker)
        arbiter.WORKERS[pid] = worker
        numbers.append(worker.number)
    assert numbers == [0, 1, 2, 1]


def test_a_port_that_is_taken() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(ImproperlyConfigured, match="Set TIMELINE_METRICS_PORT"),
    ):
        metrics.Server(Path(), other.getsockname()[1]).listen()


@pytest.mark.processes
class TestAServer:
    @staticmethod
    def ask(listener: socket.socket, path: str, times: int = 1) -> None:
        for _ in range(times):  # each over a connection of its own, so that all workers are asked
            connection = HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=10)
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()

    @staticmethod
    def told(port: int) -> Samples:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            return parsed(answer.read().decode())

    def test_counts_over_all_workers_and_those_before_them(
        self, listener: socket.socket, site_environment: dict[str, str]
    ) -> None:
        port = free_port()
        folder = Path(site_environment["TIMELINE_CACHE_FOLDER"]) / "metrics"
        with server(listener, site_environment | {"TIMELINE_METRICS_PORT": str(port)}) as process:
            self.ask(listener, "/", 20)
            self.ask(listener, "/nothing", 3)
            self.ask(listener, "/events.csv")
            until(lambda: of(self.told(port), "timeline_requests_total") == 24)
            told = self.told(port)
            assert of(told, "timeline_requests_total", view="timeline", status="200") == 20
            assert of(told, "timeline_requests_total", view="none", status="404") == 3
            assert of(told, "timeline_request_seconds_count", view="timeline") == 20
            assert of(told, "timeline_request_seconds_bucket", view="timeline", le="+Inf") == 20
            assert 0 < of(told, "timeline_request_seconds_sum", view="events-csv") < 10
            assert of(told, "timeline_events", kind="protest") == 50

            # One is killed and all are renewed: nothing that was counted is lost, and no dead one is told of.
            old = children(process.pid)
            os.kill(min(old), signal.SIGKILL)
            until(lambda: len(children(process.pid)) == WORKERS and min(old) not in children(process.pid))
            process.send_signal(signal.SIGHUP)
            until(lambda: len(children(process.pid)) == WORKERS and not children(process.pid) & old)
            self.ask(listener, "/", 5)
            until(lambda: of(self.told(port), "timeline_requests_total", view="timeline") == 25)
            workers = {labels for name, labels in self.told(port) if name == "timeline_columns_change"}
            assert len(workers) == WORKERS
            assert [one.name for one in folder.iterdir()] == [str(process.pid)]
        assert list(folder.iterdir()) == []

    def test_is_off_unless_a_port_is_set(
        self, listener: socket.socket, site_environment: dict[str, str], tmp_path: Path
    ) -> None:
        with server(listener, site_environment | {"TIMELINE_CACHE_FOLDER": str(tmp_path)}):
            self.ask(listener, "/")
            assert not (tmp_path / "metrics").exists()
