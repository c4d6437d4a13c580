"""The queue of tasks, worked off by a thread of the web process.

The tasks wait in the database, so none is lost with a process, and only one worker gets each of them. With
`TIMELINE_TASKS=worker` nothing is done here: `manage.py db_worker` is then run beside the site.
"""

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread

from django.conf import settings
from django.db import Error, connections
from django.utils.crypto import get_random_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, DEFAULT_TASK_QUEUE_NAME
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

logger = logging.getLogger(__name__)

PAUSE = 5.0  # seconds between two looks at what other processes have under way
TRIES = 10  # at a database that fails

LookAfter = Callable[[], bool]


def work_off() -> None:
    """Run what is in the queue, in this thread, until nothing is left."""
    if DBTaskResult.objects.ready().exists():
        Worker(
            queue_names=[DEFAULT_TASK_QUEUE_NAME],
            interval=0,
            batch=True,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        ).run()


class Inside:
    """One thread that is there while there is work, and goes when there is none."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._thread: Thread | None = None
        self._called = Event()

    def wake(self, look_after: LookAfter) -> None:
        """See to it that the queue is worked off.

        `look_after` puts back into it what a dead process has left, and says whether anything is still under
        way, here or elsewhere.
        """
        if settings.TIMELINE_TASKS != "inside":
            return
        with self._lock:
            self._called.set()
            if self._thread is None or not self._thread.is_alive():
                # A daemon: it never keeps a process from ending, and what it leaves is taken up again.
                self._thread = Thread(target=self._run, args=[look_after], name="uploads", daemon=True)
                self._thread.start()

    def _run(self, look_after: LookAfter) -> None:
        failures = 0
        try:
            while True:
                self._called.clear()
                try:
                    work_off()
                    busy = look_after()
                    failures = 0
                except Error:
                    failures += 1
                    logger.exception("The queue of uploads can't be worked off.")
                    busy = failures < TRIES
                with self._lock:
                    if not busy and not self._called.is_set():
                        self._thread = None
                        return
                # Others may be at work, or one of them may have died; the connection isn't held meanwhile.
                connections.close_all()
                self._called.wait(PAUSE)
        finally:
            connections.close_all()


inside = Inside()
wake = inside.wake
