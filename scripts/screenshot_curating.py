#!/usr/bin/env python3
"""Take the pictures of docs/curating.md from a demonstration site that is made for it and thrown away.

Usage: python -m scripts.screenshot_curating [FOLDER]. The articles are those of `make demo`; a few decisions
are made on what is read from them, so that there is something to see. Nothing of your own site is touched.
Needs a Chromium on the PATH and the packages of requirements/dev.txt.
"""

import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page

from bench.browser import chromium
from bench.serving import serving

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1200, 900
BIGGEST = 150_000  # bytes: these lie in the repository
PATIENCE = 60_000  # milliseconds; reading an article takes some seconds
NAME, PASSWORD = "amal", secrets.token_urlsafe(16)
ARTICLE = """\
Thousands march in Tbilisi against the election result

TBILISI, 5 November 2024

About 12,000 people marched through Tbilisi on Monday and demanded a new election. \
Police detained 17 protesters near parliament, the interior ministry said.

The opposition plans another march for 9 November.
"""

Picture = Callable[[Page], Locator]
PICTURES: dict[str, tuple[Picture, int]] = {}


def picture(name: str, height: int = 700) -> Callable[[Picture], Picture]:
    """A function that goes to where there is something to see, and says what of it the picture shows."""

    def named(take: Picture) -> Picture:
        PICTURES[name] = take, height
        return take

    return named


# The site


@contextmanager
def demonstration() -> Iterator[str]:
    """Fill a database of its own, serve it, and give its address."""
    with tempfile.TemporaryDirectory(prefix="curating-") as folder:
        environment = {
            "DATABASE_URL": f"sqlite:///{folder}/events.sqlite3",
            "TIMELINE_CACHE_FOLDER": folder,
            "TIMELINE_SECRET_KEY": secrets.token_urlsafe(64),
            "DJANGO_SETTINGS_MODULE": "timeline.settings",
        }
        os.environ.update(environment)
        fill()
        with serving("timeline.wsgi", **environment) as address:
            yield address


def fill() -> None:
    """Load the articles, with decisions before and after; the database is the one in the environment."""
    import django  # noqa: PLC0415  (the settings are chosen by the environment)

    django.setup()

    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    curator = accounts()
    call_command("loadseeds", str(ROOT / "seeds"))
    decide_early(curator)
    call_command("loadseeds", *map(str, sorted((ROOT / "tests" / "corpus").glob("*.txt"))))
    decide(curator)
    connection.close()


def accounts() -> Any:
    """An administrator, a curator and a viewer; the first is who looks at the pages."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415

    from timeline.roles import ADMINISTRATORS, CURATORS, VIEWERS  # noqa: PLC0415

    people = {NAME: ADMINISTRATORS, "jonas": CURATORS, "wanjiru": VIEWERS}
    for name, role in people.items():
        user = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
    return User.objects.get(username=NAME)


def event(**fields: Any) -> Any:
    """The event of the articles that is this one, whatever number it has."""
    from timeline.models import Event  # noqa: PLC0415

    found = Event.objects.filter(merged_into=None, **fields).order_by("pk").first()
    if not found:
        sys.exit(f"The articles tell of no event with {fields} any more: choose another for the picture.")
    return found


def referendum() -> Any:
    return event(kind="referendum", country="BY", mentions__source__published="2021-09-28", status="planned")


def detentions() -> Any:
    return event(kind="crackdown", country="BY", date="2020-08")


def decide_early(curator: Any) -> None:
    """What is confirmed here, later articles know more of."""
    from timeline import curating  # noqa: PLC0415
    from timeline.models import Review  # noqa: PLC0415

    curating.correct(
        referendum(),
        {"title": "Referendum on a new constitution of Belarus"},
        by=curator,
        verdict=Review.CONFIRMED,
        reason="It is the constitution that the people are asked about",
    )


def decide(curator: Any) -> None:
    """Corrections, a merge, and enough verdicts for the quality report to say something."""
    from django.contrib.auth.models import User  # noqa: PLC0415

    from timeline import curating  # noqa: PLC0415
    from timeline.models import Event, Review  # noqa: PLC0415

    other = User.objects.get(username="jonas")
    curating.merge(
        event(kind="protest", country="IR", date="2009-06-15"),
        [event(kind="protest", country="IR", date="2009-06-16", status="occurred")],
        by=curator,
        reason="The Monday’s march, told of a day later",
    )
    chosen = detentions()
    chosen = curating.correct(
        chosen, {"title": "Crackdown on protesters in Belarus"}, by=other, reason="Names what it was about"
    )
    curating.correct(
        chosen,
        {"title": "Crackdown on protests after the election in Belarus", "date": "2020-08-09/2020-12"},
        by=curator,
        reason="It went on until December",
    )
    unsure = Event.objects.filter(
        review=Review.UNREVIEWED, country__in=["TH", "KG", "LK", "GN", "RO", "US", "HK"]
    )
    events = list(unsure.order_by("certainty", "pk"))
    wrong = events[: len(events) // 2 : 3]
    curating.review(wrong, Review.REJECTED, by=other, reason="Tells of no event")
    right = [one for one in events if one not in wrong][::2]
    for one in right[::8]:
        curating.correct(one, {"title": one.title.replace(" in ", " held in ")}, by=other)
    curating.review(right, Review.CONFIRMED, by=other)


# The pictures, in the order of the guide


def admin(page: Page, name: str, *args: Any) -> None:
    from django.urls import reverse  # noqa: PLC0415

    page.goto(reverse(f"admin:{name}", args=args))


@picture("roles", 760)
def roles(page: Page) -> Locator:
    from django.contrib.auth.models import User  # noqa: PLC0415

    admin(page, "auth_user_change", User.objects.get(username="jonas").pk)
    return page.locator("#content")


@picture("front", 560)
def front(page: Page) -> Locator:
    admin(page, "index")
    return page.locator("#content")


def in_queue(page: Page) -> None:
    chosen = event(kind="protest", country="IR", date="2022-09-17")
    admin(page, "timeline_event_review_one", chosen.pk)


@picture("review", 860)
def review(page: Page) -> Locator:
    in_queue(page)
    return page.locator("#content")


@picture("keys")
def keys(page: Page) -> Locator:
    in_queue(page)
    page.keyboard.press("?")
    return page.locator("div.decide")


@picture("event", 860)
def event_page(page: Page) -> Locator:
    admin(page, "timeline_event_change", referendum().pk)
    return page.locator("#content")


@picture("merge", 760)
def merge(page: Page) -> Locator:
    chosen = [event(kind="protest", country="IR", date=date).pk for date in ("2022-09-16", "2022-09-17")]
    admin(page, "timeline_event_changelist")
    page.goto(f"{page.url}merge/?ids={','.join(map(str, chosen))}")
    return page.locator("#content")


@picture("split", 960)
def split(page: Page) -> Locator:
    admin(page, "timeline_event_split", event(kind="referendum", country="GB", date="2014-09-18").pk)
    page.get_by_role("checkbox").nth(1).check()
    page.get_by_role("button", name="Preview").click()
    return page.locator("#content")


@picture("passage", 700)
def passage(page: Page) -> Locator:
    from timeline.models import Source  # noqa: PLC0415

    source = Source.objects.get(path__endswith="a05_turkey_liveblog.txt")
    start = source.text.index("The governor's ban on public gatherings")
    page.goto(f"{source.get_absolute_url()}#char={start},{source.text.index('.', start) + 1}")
    page.get_by_role("link", name="Make a passage").first.click()
    return page.locator("#content")


@picture("check", 700)
def check(page: Page) -> Locator:
    admin(page, "timeline_upload_add")
    page.get_by_label("Paste an article").fill(ARTICLE)
    page.get_by_role("button", name="Open").click()
    return page.locator("#content")


@picture("look", 860)
def look(page: Page) -> Locator:
    page.get_by_label("Publisher").fill("The Daily Example")
    page.get_by_role("button", name="Read it").click()
    page.locator("mark.passage").first.wait_for()
    return page.locator("#content")


@picture("history", 860)
def history(page: Page) -> Locator:
    from timeline.models import Event  # noqa: PLC0415

    admin(page, "timeline_event_history", Event.objects.get(title__startswith="Crackdown on protests").pk)
    page.get_by_label("Compare this version").nth(1).check()
    page.get_by_label("with this one").first.check()
    page.get_by_role("button", name="Compare them").click()
    return page.locator("#content")


@picture("decision", 860)
def decision(page: Page) -> Locator:
    from timeline.models import Decision  # noqa: PLC0415

    admin(page, "timeline_decision_change", Decision.objects.get(action=Decision.Action.MERGED).pk)
    return page.locator("#content")


@picture("actors", 760)
def actors(page: Page) -> Locator:
    from timeline.models import Actor  # noqa: PLC0415

    chosen = Actor.objects.filter(name__in=["Mir Hossein Mousavi", "Mir-Hossein Mousavi"]).order_by("pk")
    admin(page, "timeline_actor_changelist")
    page.goto(f"{page.url}merge/?{'&'.join(f'actor={one.pk}' for one in chosen)}")
    page.get_by_role("button", name="Show what would come of it").click()
    return page.locator("#content")


@picture("quality", 860)
def quality(page: Page) -> Locator:
    admin(page, "timeline_event_quality")
    page.locator(".plot svg.main-svg").first.wait_for()
    return page.locator("#content")


# Taking them


def log_in(page: Page) -> None:
    admin(page, "login")
    page.get_by_label("Username").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.locator("#user-tools").wait_for()


def shoot(page: Page, shown: Locator, height: int, file: Path) -> None:
    """Write the upper part of what is shown, up to that height; SystemExit if the file is too big."""
    box = shown.bounding_box()
    if not box:
        sys.exit(f"There is nothing to see for {file.name}.")
    clip: FloatRect = {
        "x": box["x"],
        "y": box["y"],
        "width": box["width"],
        "height": min(box["height"], height),
    }
    page.screenshot(path=file, clip=clip, full_page=True)
    size = file.stat().st_size
    print(f"{file.name}: {size // 1000} kB")  # noqa: T201  (it is what the script has to say)
    if size > BIGGEST:
        sys.exit(f"{file.name} has {size:,} bytes; show less of the page.")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Playwright keeps an event loop in this thread, and Django's queries in it are none that would block it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with demonstration() as address, chromium() as browser:
        context = browser.new_context(
            base_url=address,
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        log_in(page)
        for name, (take, height) in PICTURES.items():
            shoot(page, take(page), height, folder / f"curating-{name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
