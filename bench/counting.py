"""The plainest answer to a query string: how many events it chooses, by one SELECT COUNT.

Reads query strings, one a line, and writes for each the seconds that counting took and the count.
"""

import os
import sys
import time

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    django.setup()

    from bench import hooks  # noqa: PLC0415

    hooks.chosen("").exists()  # connects
    for line in sys.stdin:
        events = hooks.chosen(line.strip())
        began = time.perf_counter()
        count = events.count()
        print(time.perf_counter() - began, count, flush=True)


if __name__ == "__main__":
    main()
