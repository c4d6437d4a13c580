"""One target under the coverage-guided fuzzer: `python -m fuzz TARGET [libFuzzer's options]`."""

import os
import sys

import atheris
import django

os.environ["DJANGO_SETTINGS_MODULE"] = "timeline.settings"
os.environ["DATABASE_URL"] = "sqlite://:memory:"
os.environ["TIMELINE_API_RATE"] = os.environ["TIMELINE_PAGE_RATE"] = "off"
os.environ["TIMELINE_LOG_LEVEL"] = "CRITICAL"


def main() -> None:
    with atheris.instrument_imports(include=["timeline"]):
        django.setup()
        from fuzz.targets import TARGETS  # noqa: PLC0415 (what is to be watched is imported in here)
    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        sys.exit(f"“{name}” is no target. Name one of {', '.join(TARGETS)}.")
    if name in ("filters", "site"):
        from fuzz.site import fill  # noqa: PLC0415 (it needs Django)

        fill()
    TARGETS["texts"](b"\0\1")  # what is loaded once is no input's time
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
