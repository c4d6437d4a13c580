"""How the site is served. Every value can be overridden on gunicorn's command line."""

import gc
import os

from timeline import machine

# A reverse proxy stands between this and the world; docs/settings.md says what it must pass on.
bind = "127.0.0.1:8000"

# Requests mostly wait for the database, so a few threads a worker; processes as cores and memory allow.
workers = int(os.environ.get("WEB_CONCURRENCY") or machine.workers())
worker_class = "gthread"
threads = 4
timeout = 60
keepalive = 5

# What is under way when a worker has to go, a long download say, is given this time to end.
graceful_timeout = 60

# Workers show that they live by touching a file, which on a slow disk could hold them up.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

# The application is loaded once and its memory shared. That is safe with SQLite because nothing opens the
# database before the fork: a connection that crossed one could corrupt it. So HUP renews the workers, but not
# the code: that takes a restart, which a socket of systemd's hides from readers (docs/deploying.md).
preload_app = True

# Before there are threads: the workers inherit it.
machine.give_memory_back()

# A worker is renewed now and then, not all at once, so that no leak can grow for ever.
max_requests = 50_000
max_requests_jitter = 10_000

# A line a request and gunicorn's own, on stderr, in the format of all others (timeline/logs.py).
logger_class = "timeline.logs.ServerLogger"
errorlog = "-"
loglevel = "warning"

# Signals do all that is wanted; a socket in the home folder would be one more way in.
control_socket_disable = True

# What workers count for Prometheus has its folder before the application is loaded (timeline/metrics.py).
kept = None
if os.environ.get("TIMELINE_METRICS_PORT", "").strip(" 0"):
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    from timeline import metrics

    kept = metrics.of_this_server()
    pre_fork, post_fork, child_exit = kept.number, kept.forked, kept.gone
    pre_request, post_request, on_exit = kept.begun, kept.answered, kept.end


def when_ready(_server: object) -> None:
    """What is loaded by now stays: no collection of garbage looks at it again, nor unshares its memory."""
    if kept:
        kept.listen()
    gc.collect()
    gc.freeze()


def post_worker_init(_worker: object) -> None:
    """Take up what a process before this one has left of uploads; its thread ends if there is nothing."""
    # After the fork: nothing may open the database before it.
    from timeline import stock, uploading  # noqa: PLC0415

    if kept:
        kept.serve(stock.Stock())
    uploading.wake()
