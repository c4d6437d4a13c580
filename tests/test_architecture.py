"""What import-linter can't see: what happens when a module is imported. `make test` runs its contracts."""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(program: str) -> list[str]:
    """What the program prints, run by a fresh Python that knows nothing of Django's settings."""
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_texts_are_read_without_a_site() -> None:
    # The `edtf` package takes in Django where it is installed, so its being in memory says nothing.
    program = (
        "from datetime import date; from timeline.extraction import extract; import django.conf;"
        "found = extract('Vote\\n\\nKenyans voted in a referendum on 4 August.', date(2010, 8, 6));"
        "print(*(event.kind for event in found.events), django.conf.settings.configured)"
    )
    assert run(program) == ["referendum", "False"]


def test_nothing_is_fetched() -> None:
    """What articles and readers name by an address is never asked for: there is nothing to ask with."""
    asking = {
        "requests", "urllib.request", "urllib3", "http.client", "httpx", "aiohttp", "ftplib", "smtplib",
        "trafilatura.fetch_url", "trafilatura.downloads",
    }  # fmt: skip
    found = []
    for file in (ROOT / "timeline").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in getattr(node, "names", []) if isinstance(alias, ast.alias)]
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{name}" for name in names)]
            found += [(file.name, name) for name in names if name in asking]
    assert found == []


def test_documents_are_read_without_the_extractor() -> None:
    program = "import sys, timeline.documents; print(*{name.partition('.')[0] for name in sys.modules})"
    assert not {"spacy", "trafilatura", "lxml"} & set(run(program))


def test_the_web_process_does_without_the_parser() -> None:
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'timeline.settings'; django.setup();"
        "import timeline.wsgi, timeline.urls, timeline.admin, timeline.resolving;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    assert not {"spacy", "thinc", "trafilatura"} & set(run(program))
