"""What the database holds, in figures for Prometheus."""

import logging
from collections.abc import Iterator

import numpy as np
from django.db import DatabaseError, connection
from django.db.models import Count
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from timeline import columns
from timeline.models import Source

WAITING = {TaskResultStatus.READY: "waiting", TaskResultStatus.RUNNING: "running"}

logger = logging.getLogger(__name__)


class Stock:
    """Asked for by a thread of a worker, which holds no connection meanwhile."""

    def collect(self) -> Iterator[Metric]:
        """The figures of now; if the database can't be asked, just that."""
        try:
            told = [_events(), _sources(), _tasks(), _changes()]
        except DatabaseError as error:
            logger.warning("Metrics without the database, which can’t be used (%s).", error)
            told = []
        finally:
            connection.close()
        yield GaugeMetricFamily("timeline_database_up", "1 if the database can be asked.", value=bool(told))
        yield from told

    def change_known(self) -> int | None:
        return columns.change_known()


def _events() -> Metric:
    events = columns.current()
    counts = np.bincount(events.kind[events.public], minlength=len(columns.KINDS)).tolist()
    told = dict(zip(columns.KINDS, counts, strict=True))
    return _family("timeline_events", "Events that readers see.", "kind", told)


def _sources() -> Metric:
    return GaugeMetricFamily("timeline_sources", "Articles that are stored.", value=Source.objects.count())


def _tasks() -> Metric:
    rows = DBTaskResult.objects.filter(status__in=WAITING).order_by().values_list("status")
    counts = dict(rows.annotate(Count("pk")))
    told = {state: counts.get(status, 0) for status, state in WAITING.items()}
    return _family("timeline_tasks", "Tasks of uploads that are still to be done.", "state", told)


def _changes() -> Metric:
    return GaugeMetricFamily(
        "timeline_change",
        "The last change of the database: workers’ columns that know an earlier one are behind.",
        value=columns.change_of(columns.revision()),
    )


def _family(name: str, words: str, label: str, told: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, number in told.items():
        family.add_metric([value], number)
    return family
