"""The documentation keeps up: every setting, option, parameter, target and package is told of."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from django.urls import get_resolver, reverse

from scripts import screenshot_curating
from tests.test_embedding import addresses
from timeline import checks, filters
from timeline.api import parameters
from timeline.documents.formats import FORMATS
from timeline.documents.reading import CORPORA
from timeline.logs import PROBES

ROOT = Path(settings.BASE_DIR)
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]


def doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def code() -> str:
    files = [*ROOT.joinpath("timeline").rglob("*.py"), ROOT / "gunicorn.conf.py"]
    return "\n".join(file.read_text() for file in files)


def documented(name: str, page: str) -> bool:
    return re.search(rf"^\| `{re.escape(name)}[` ]", page, re.MULTILINE) is not None


def test_every_setting() -> None:
    names = set(re.findall(r"\b(TIMELINE_[A-Z_]+|DATABASE_URL|WEB_CONCURRENCY)\b", code()))
    assert len(names) >= 8
    assert [name for name in sorted(names) if not documented(name, doc("settings.md"))] == []


def test_no_setting_that_is_gone() -> None:
    told = re.findall(r"^\| `([A-Z_]+)`", doc("settings.md"), re.MULTILINE)
    assert [name for name in told if name not in code()] == []


@pytest.mark.parametrize(
    ("command", "page", "known"),
    [("loadseeds", "loading.md", "--dry-run"), ("publish", "publishing.md", "--query")],
)
def test_every_option_of_a_command(command: str, page: str, known: str) -> None:
    parser = load_command_class("timeline", command).create_parser("manage.py", command)
    plain = BaseCommand().create_parser("manage.py", "plain")
    own = {text for action in parser._actions for text in action.option_strings}
    own -= {text for action in plain._actions for text in action.option_strings}
    assert known in own
    assert [option for option in sorted(own) if not documented(option, doc(page))] == []
    assert [option for option in sorted(own) if f"[{option}" not in doc(page)] == []


def test_every_option_of_importevents() -> None:
    parser = load_command_class("timeline", "importevents").create_parser("manage.py", "importevents")
    plain = BaseCommand().create_parser("manage.py", "plain")
    own = {text for action in parser._actions for text in action.option_strings}
    own -= {text for action in plain._actions for text in action.option_strings}
    assert "--collection" in own
    assert [option for option in sorted(own) if f"[{option}" not in doc("importing.md")] == []


def test_every_parameter_of_the_timeline() -> None:
    names = [*filters.EventFilter.get_filters(), *filters.ViewForm.base_fields]
    assert {"kind", "from", "group"} <= set(names)
    assert [name for name in names if not documented(name, doc("using.md"))] == []


def test_every_choice_of_a_parameter() -> None:
    page = doc("using.md")
    choices = {
        value
        for name in ("kind", "status", "review", "disputed")
        for value, _ in filters.EventFilter.base_filters[name].extra["choices"]
        if value
    }
    assert [value for value in sorted(choices) if f"`{value}`" not in page] == []


def test_every_target_of_make() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert "run" in targets
    told = "\n".join(page.read_text() for page in PAGES)
    assert [target for target in targets if f"make {target}" not in told] == []


@pytest.mark.parametrize("name", ["base", "dev", "dask", "fuzz", "node"])
def test_every_package(name: str) -> None:
    asked = (ROOT / f"requirements/{name}.in").read_text()
    packages = re.findall(r"^[A-Za-z0-9][A-Za-z0-9.-]*", asked, re.MULTILINE)
    told = doc("dependencies.md")
    assert [one for one in packages if not re.search(rf"`{re.escape(one)}(\[[\w,]+\])?`", told)] == []


def test_every_browser_package() -> None:
    names = re.findall(r'"([a-z.-]+)": "[0-9]', (ROOT / "package.json").read_text())
    assert names
    assert [name for name in names if f"`{name}`" not in doc("dependencies.md")] == []


def test_every_system_check() -> None:
    ids = re.findall(r'id="(timeline\.\w+)"', Path(checks.__file__).read_text())
    assert ids
    assert [name for name in ids if f"`{name}`" not in doc("settings.md")] == []


def test_every_module_has_its_room() -> None:
    unnamed = {"__init__.py", "settings.py", "urls.py", "wsgi.py", "apps.py", "checks.py"}
    modules = {file.name for file in (ROOT / "timeline").glob("*.py")} - unnamed
    rooms = doc("architecture.md")
    assert [
        name for name in sorted(modules) if not re.search(rf"^{re.escape(name)} ", rooms, re.MULTILINE)
    ] == []


def test_every_picture_is_shown_and_small() -> None:
    shown = {
        (page.parent / image).resolve()
        for page in PAGES
        for image in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text())  # none without words for it
    }
    kept = set((ROOT / "docs" / "images").iterdir())
    assert kept == shown
    assert [file.name for file in sorted(kept) if file.stat().st_size > screenshot_curating.BIGGEST] == []


def test_the_pictures_of_curating_are_those_that_the_script_takes() -> None:
    told = re.findall(r"\(images/curating-([a-z]+)\.png\)", doc("curating.md"))
    assert sorted(told) == sorted(screenshot_curating.PICTURES)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_headings_linked_to_are_there(path: Path) -> None:
    for target, name in re.findall(r"\]\(([\w/.-]*\.md)?#([^)]+)\)", path.read_text()):
        page = (path.parent / target if target else path).read_text()
        headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
        assert name in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", path.read_text())
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


class TestSecurity:
    @pytest.fixture
    def page(self) -> str:
        return doc("security.md")

    def test_every_address_is_a_way_in(self, page: str) -> None:
        whole = [*addresses(get_resolver().url_patterns), *PROBES, settings.STATIC_URL]
        begin = {re.match(r"/[^/]*/?", one)[0].replace("-1.", "-….") for one in whole}  # type: ignore[index]
        assert {"/", "/admin/", "/events.csv"} <= begin
        assert [one for one in sorted(begin) if f"`{one}`" not in page] == []

    def test_every_kind_of_file_and_command_is_one(self, page: str) -> None:
        commands = [file.stem for file in ROOT.glob("timeline/management/commands/[a-z]*.py")]
        assert "loadseeds" in commands
        assert [one for one in (*FORMATS, *CORPORA, *commands) if f"`{one}`" not in page] == []

    def test_every_test_is_there(self, page: str) -> None:
        told = re.findall(r"\[`(\w+)`\]\(\.\./(tests/[\w/]+\.py)\)", page)
        assert len(told) > 40
        found = {path: (ROOT / path).read_text() for _, path in told}
        assert [
            (name, path)
            for name, path in told
            if not re.search(rf"^ *(?:def|class) {name}\b", found[path], re.MULTILINE)
        ] == []


def test_every_parameter_and_address_of_the_api() -> None:
    page = doc("api.md")
    own = [one.name for one in parameters.of_events() if one.name not in filters.EventFilter.get_filters()]
    assert {"cursor", "order"} <= set(own)
    assert [name for name in own if not documented(name, page)] == []
    assert [name for name in filters.EventFilter.get_filters() if f"`{name}`" not in page] == []
    names = ("root", "events", "sources", "actors", "schema")
    assert [name for name in names if not documented(reverse(f"api:{name}"), page)] == []
