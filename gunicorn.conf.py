"""How the site is served. Every value can be overridden on gunicorn's command line."""

import gc
import os

# A reverse proxy stands between this and the world; docs/settings.md says what it must pass on.
bind = "127.0.0.1:8000"

# Requests mostly wait for the database, so a few threads a worker; processes as the machine has cores,
# bounded because each costs about 100 MB.
workers = int(os.environ.get("WEB_CONCURRENCY") or min(max(os.cpu_count() or 1, 2), 8))
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 20
keepalive = 5

# The application is loaded once and its memory shared. That is safe with SQLite because nothing opens the
# database before the fork: a connection that crossed one could corrupt it.
preload_app = True

# A worker is renewed now and then, not all at once, so that no leak can grow for ever.
max_requests = 50_000
max_requests_jitter = 10_000

# The proxy keeps the access log. Errors go to stderr.
accesslog = None
errorlog = "-"
loglevel = "warning"


def when_ready(_server: object) -> None:
    """What is loaded by now stays: no collection of garbage looks at it again, nor unshares its memory."""
    gc.collect()
    gc.freeze()


def post_worker_init(_worker: object) -> None:
    """Take up what a process before this one has left of uploads; its thread ends if there is nothing."""
    # After the fork: nothing may open the database before it.
    from timeline import uploading  # noqa: PLC0415

    uploading.wake()
