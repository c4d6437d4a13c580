"""Logging in, being locked out, and giving somebody a role, in a browser and under the site's policy."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from tests import factories
from tests.browser.conftest import Visit
from tests.browser.test_accessibility import LOOKS, RUN, axe
from timeline.roles import ADMINISTRATORS, CURATORS

PASSWORD = "a long row of words"  # noqa: S105


def make_account(role: str, name: str) -> User:
    return factories.make_user(role, username=name, password=PASSWORD)


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Log in").click()


@pytest.mark.usefixtures("transactional_db")
def test_the_page_that_asks_for_patience_is_whole(visit: Visit) -> None:
    watched = visit()
    watched.expected.append("the server responded with a status of 429")
    page = watched.open("/admin/login/")
    for _ in range(5):
        log_in(page, "marta", "wrong")
    assert page.get_by_role("heading", level=1).inner_text() == "Too many attempts"
    assert "Try again in 15 minutes." in page.inner_text("main")
    page.evaluate(axe())
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found: list[dict[str, Any]] = page.evaluate(RUN)
        assert [fault["id"] for fault in found] == [], f"{width} pixels wide, {scheme}"
        assert page.evaluate("document.scrollingElement.scrollWidth") == width


@pytest.mark.usefixtures("transactional_db")
def test_an_administrator_makes_an_account_that_gets_in(visit: Visit) -> None:
    make_account(ADMINISTRATORS, "ada")
    # A width that no other test has, for a context, and with it a login, of its own.
    page = visit(width=1270).open("/admin/login/?next=/admin/")
    log_in(page, "ada")
    page.goto(page.url.split("/admin/")[0] + "/admin/auth/user/add/")
    page.get_by_label("Username").fill("marta")
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("#id_password2").fill(PASSWORD)
    assert page.locator("#id_groups").get_by_role("checkbox").count() == 3
    page.get_by_label(CURATORS).check()
    for name in ("Save", "Log out"):
        with page.expect_navigation():
            page.get_by_role("button", name=name, exact=True).click()
    page.goto(page.url.split("/admin/")[0] + "/admin/login/?next=/admin/")
    log_in(page, "marta")
    assert page.get_by_role("heading", name="Curators’ room").count() == 1
    assert page.get_by_role("link", name="Events", exact=True).count() == 1
    assert page.get_by_role("link", name="Users", exact=True).count() == 0
