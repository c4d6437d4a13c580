"""Every page, light and dark, wide and narrow: nothing that axe finds fault with, no sideways scrolling."""

from functools import cache
from typing import Any

import pytest
from django.conf import settings

from tests.browser.conftest import Story, Visit

PAGES = ["timeline", "filtered", "in error", "empty", "event", "source", "actor", "missing"]


@cache
def axe() -> str:
    return str((settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js").read_text())


def address_of(name: str, story: Story) -> str:
    return {
        "timeline": "/",
        "filtered": "/?status=planned&country=BY&order=-date",
        "in error": "/?from=soon&kind=x",
        "empty": "/?text=nowhere",
        "event": story.march.get_absolute_url(),
        "source": story.passage.get_absolute_url(),
        "actor": story.actor.get_absolute_url(),
        "missing": "/nowhere/",
    }[name]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault(visit: Visit, story: Story, name: str, scheme: str) -> None:
    watched = visit(color_scheme=scheme)
    watched.expected.append("the server responded with a status of 404")
    page = watched.open(address_of(name, story))
    page.evaluate(axe())
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    assert [(fault["id"], fault["impact"], fault["nodes"][0]["html"]) for fault in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_sideways_scrolling(visit: Visit, story: Story, name: str) -> None:
    watched = visit(width=390, has_touch=True, is_mobile=True)
    watched.expected.append("the server responded with a status of 404")
    page = watched.open(address_of(name, story))
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_skip_link_comes_first_and_leads_to_the_content(visit: Visit, story: Story) -> None:
    page = visit().open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
