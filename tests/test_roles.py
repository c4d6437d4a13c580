"""Each role does its part and no more: every page of every model of the admin, for every role."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import factories
from timeline import curating, roles
from timeline.history import decisions_on, last_decision
from timeline.models import Decision, Event, Review, Upload
from timeline.roles import ADMINISTRATORS, CURATORS, ROLES, VIEWERS

pytestmark = pytest.mark.django_db
NOBODY, SUPERUSER = "nobody", "superuser"
EVERYONE = [NOBODY, VIEWERS, CURATORS, ADMINISTRATORS, SUPERUSER]


def make_attempt() -> AccessAttempt:
    return AccessAttempt.objects.create(
        username=f"somebody {next(factories.numbers)}",
        ip_address="192.0.2.1",
        failures_since_start=5,
        attempt_time=timezone.now(),
    )


def make_decided_event() -> Event:
    event = factories.make_event()
    curating.review([event], Review.CONFIRMED, by=factories.make_user())
    event.refresh_from_db()
    return event


def make_decision() -> Decision:
    decision = last_decision(make_decided_event())
    assert decision
    return decision


def make_upload() -> Upload:
    upload = Upload.objects.create(key=uuid4(), state=Upload.State.READ)
    upload.articles.create(name="a.txt", text="Vote", headline="Vote")
    upload.files.create(name="a.csv", content=b"title,date\nVote,2020\n")
    return upload


# A row of every model that the admin has pages for. A model that is new needs a line here and in ROLES.
ROWS: dict[str, Callable[[], Any]] = {
    "timeline.source": factories.make_source,
    "timeline.event": make_decided_event,
    "timeline.mention": lambda: factories.make_mention(factories.make_source(), factories.make_event()),
    "timeline.actor": factories.make_actor,
    "timeline.decision": make_decision,
    "timeline.upload": make_upload,
    "auth.user": factories.make_user,
    "auth.group": lambda: Group.objects.create(name=f"Group {Group.objects.count()}"),
    "axes.accessattempt": make_attempt,
}
# All that is done with these goes by one permission on another.
GOES_BY = {"timeline.upload": ("timeline.source", "add")}
# What a page needs, by the end of its address' name.
PAGES = {
    "changelist": "view",
    "history": "view",
    "change": "view",
    "add": "add",
    "delete": "delete",
    "password_change": "change",
    "review": "view",
    "review_one": "view",
    "quality": "view",
    "quality_table": "view",
    "merge": "change",
    "split": "change",
    "restore": "change",
    "restore_before": "change",
    "doubles": "change",
    "progress": "view",
    "article": "view",
    "events": "add",
    "refused": "view",
}
# What sending a page's form needs; deleting has a test of its own.
SENT = {
    "change": "change",
    "add": "add",
    "events": "add",
    "password_change": "change",
    "review": "change",
    "review_one": "change",
    "merge": "change",
    "split": "change",
    "restore": "change",
    "restore_before": "change",
}
ONLY_SENT = {"undo"}  # has a test of its own too
# What the pages let nobody do, whatever a group may have been given: the next load would undo it.
NEVER = {
    "timeline.source": {"change", "delete"},
    "timeline.event": {"delete"},
    "timeline.mention": {"delete"},
    "timeline.decision": {"add", "change", "delete"},
    "axes.accessattempt": {"add", "change"},
}
OF_THE_SITE = {
    "index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n",
    "view_on_site", "app_list", None,
}  # fmt: skip
OF_NO_ROW = {"changelist", "add", "events", "review", "quality", "merge", "doubles"}


def may(role: str, model: str, action: str) -> bool:
    if action in NEVER.get(model, ()):
        return False
    model, action = GOES_BY.get(model, (model, action))
    return role == SUPERUSER or action in ROLES.get(role, {}).get(model, ())


def client_of(role: str) -> Client:
    client = Client()
    if role == SUPERUSER:
        client.force_login(factories.make_user(is_superuser=True))
    else:
        client.force_login(factories.make_user("" if role == NOBODY else role))
    return client


def models() -> dict[str, Any]:
    return {model._meta.label_lower: one for model, one in admin.site._registry.items()}


def pages_of(model: str) -> Iterator[tuple[str, str]]:
    """The model's addresses: the end of the name, and the name."""
    prefix = model.replace(".", "_") + "_"
    for pattern in models()[model].get_urls():
        if pattern.name:
            yield pattern.name.removeprefix(prefix), f"admin:{pattern.name}"


def address(name: str, page: str, row: Any) -> str:
    args = [] if page in OF_NO_ROW else [row.pk]
    if page in ("restore", "restore_before"):
        args.append(decisions_on(row)[0].pk)
    if page == "article":
        args.append(row.articles.get().pk)
    return reverse(name, args=["kinds"] if page == "quality_table" else args)


def test_every_model_and_every_page_has_a_line() -> None:
    assert set(models()) == set(ROWS), "give a new model a line in ROWS and in timeline.roles"
    assert set(ROWS) - set(GOES_BY) <= set(ROLES[ADMINISTRATORS])
    pages = {page for model in models() for page, _ in pages_of(model)}
    assert pages == set(PAGES) | ONLY_SENT, "say what a new page needs"
    assert {getattr(pattern, "name", None) for pattern in admin.site.get_urls()} == OF_THE_SITE


@pytest.mark.parametrize("role", EVERYONE)
@pytest.mark.parametrize("model", sorted(ROWS))
class TestEachRole:
    def test_opens_its_pages_and_no_others(self, role: str, model: str) -> None:
        client, row = client_of(role), ROWS[model]()
        for page, name in pages_of(model):
            if page in ONLY_SENT:
                assert client.get(address(name, page, row)).status_code == 405, page
                continue
            expected = 200 if may(role, model, PAGES[page]) else 403
            # Some lead on, such as the queue to its first event.
            assert client.get(address(name, page, row), follow=True).status_code == expected, page

    def test_writes_what_it_may_and_nothing_else(self, role: str, model: str) -> None:
        client, row = client_of(role), ROWS[model]()
        count = type(row).objects.count()
        for page, name in pages_of(model):
            if page not in SENT:
                continue
            # An empty form is answered with its errors, or for those who may not send one not at all.
            status = client.post(address(name, page, row), {}).status_code
            assert (status != 403) == may(role, model, SENT[page]), page
        assert type(row).objects.count() == count

    def test_deletes_what_it_may_one_by_one_and_many_at_once(self, role: str, model: str) -> None:
        client, prefix = client_of(role), f"admin:{model.replace('.', '_')}"
        one, other = ROWS[model](), ROWS[model]()
        client.post(reverse(f"{prefix}_delete", args=[one.pk]), {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
        client.post(reverse(f"{prefix}_changelist"), chosen)
        for row in (one, other):
            assert type(row).objects.filter(pk=row.pk).exists() != may(role, model, "delete")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(NOBODY, False), (VIEWERS, False), (CURATORS, True), (ADMINISTRATORS, True), (SUPERUSER, True)],
)
@pytest.mark.parametrize(
    ("action", "review"),
    [("confirm", "confirmed"), ("reject", "rejected"), ("back_to_unreviewed", "unreviewed")],
)
def test_who_reviews(role: str, action: str, review: str, *, allowed: bool) -> None:
    before = "confirmed" if review == "unreviewed" else "unreviewed"
    event = factories.make_event(review=before)
    sent = {"action": action, "_selected_action": [event.pk]}
    client_of(role).post(reverse("admin:timeline_event_changelist"), sent)
    event.refresh_from_db()
    assert event.review == (review if allowed else before)


def test_nothing_is_done_for_another_site_without_the_token() -> None:
    event = factories.make_event()
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.make_user(CURATORS))
    for name, args in (("changelist", []), ("change", [event.pk]), ("add", [])):
        sent = {"action": "reject", "_selected_action": [event.pk]}
        assert client.post(reverse(f"admin:timeline_event_{name}", args=args), sent).status_code == 403


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(NOBODY, False), (VIEWERS, False), (CURATORS, True), (ADMINISTRATORS, True), (SUPERUSER, True)],
)
def test_who_undoes(role: str, *, allowed: bool) -> None:
    decision, client = make_decision(), client_of(role)
    page = client.get(reverse("admin:timeline_decision_change", args=[decision.pk]))
    assert ("Undo this decision" in page.text) == allowed
    client.post(reverse("admin:timeline_decision_undo", args=[decision.pk]))
    assert Decision.objects.filter(undoes=decision).exists() == allowed


FRONT = [
    "Review queue",
    "Add an article",
    "Import events",
    "Decisions",
    "Quality report",
    "Likely same actors",
]


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        (NOBODY, []),
        (VIEWERS, ["Review queue", "Decisions", "Quality report"]),
        (CURATORS, FRONT),
        (ADMINISTRATORS, FRONT),
        (SUPERUSER, FRONT),
    ],
)
def test_the_front_page_leads_to_what_one_may(role: str, shown: list[str]) -> None:
    factories.make_event(review="unreviewed")
    client = client_of(role)
    page = client.get(reverse("admin:index"))
    assert [task.name for task in page.context["tasks"]] == shown
    assert ("1 to review" in page.text) == bool(shown)
    for task in page.context["tasks"]:
        assert client.get(task.address, follow=True).status_code == 200, task.name
    listed = {model["object_name"] for app in page.context["app_list"] for model in app["models"]}
    assert "DBTaskResult" not in listed
    assert ("AccessAttempt" in listed) == (role in (ADMINISTRATORS, SUPERUSER))


@pytest.mark.parametrize("who", ["stranger", "reader"])
def test_every_page_asks_those_from_outside_to_log_in(who: str) -> None:
    client = Client()
    if who == "reader":  # an account without any role
        client.force_login(factories.make_user(is_staff=False))
    addresses = [
        address(name, page, row)
        for model, make in ROWS.items()
        for row in [make()]
        for page, name in pages_of(model)
    ]
    plain = OF_THE_SITE - {"login", "logout", "jsi18n", "view_on_site", "app_list", None}
    addresses += [reverse(f"admin:{name}") for name in plain]
    addresses += [reverse("admin:app_list", args=["timeline"]), reverse("admin:view_on_site", args=[1, 1])]
    for one in addresses:
        response = client.get(one)
        assert response.status_code == 302, one
        assert response.url.startswith("/admin/login/"), one


@pytest.fixture
def no_ids_kept() -> Iterator[None]:
    """Django keeps the ids of content types in memory, which a test that makes them anew must not leave."""
    yield
    ContentType.objects.clear_cache()


class TestGroups:
    def test_stand_after_migrating_as_the_table_says(self) -> None:
        for role, permissions in ROLES.items():
            had = Permission.objects.filter(group__name=role).select_related("content_type")
            assert {
                (f"{one.content_type.app_label}.{one.content_type.model}", one.codename) for one in had
            } == {
                (model, f"{action}_{model.split('.')[1]}")
                for model, actions in permissions.items()
                for action in actions
            }

    @pytest.mark.usefixtures("no_ids_kept")
    def test_are_made_on_an_empty_database_and_again_without_harm(self) -> None:
        kept = sorted(Permission.objects.values_list("content_type__model", "codename", "name"))
        Group.objects.all().delete()
        Permission.objects.all().delete()
        ContentType.objects.all().delete()
        ContentType.objects.clear_cache()
        for _ in range(2):
            roles.granting(ROLES)(apps, SimpleNamespace(connection=connection))
        call_command("migrate", verbosity=0)
        for config in apps.get_app_configs():
            create_permissions(config, verbosity=0)
        assert sorted(Permission.objects.values_list("content_type__model", "codename", "name")) == kept
        self.test_stand_after_migrating_as_the_table_says()

    def test_what_a_group_was_given_besides_stays(self) -> None:
        group = Group.objects.get(name=VIEWERS)
        group.permissions.add(Permission.objects.get(codename="add_actor"))
        roles.grant(apps, ROLES)
        assert group.permissions.filter(codename="add_actor").exists()


def account(user: User, page: str = "change") -> str:
    name = "auth_user_password_change" if page == "password_change" else f"auth_user_{page}"
    return reverse(f"admin:{name}", args=[user.pk])


PASSWORD = "a long row of words"  # noqa: S105


class TestAccounts:
    @pytest.fixture
    def administrator(self) -> User:
        return factories.make_user(ADMINISTRATORS, username="administrator")

    @pytest.fixture
    def client(self, administrator: User) -> Client:
        client = Client()
        client.force_login(administrator)
        return client

    def group(self, role: str) -> int:
        return Group.objects.get(name=role).pk

    @pytest.mark.parametrize("role", [VIEWERS, CURATORS, ADMINISTRATORS])
    def test_a_new_one_with_a_role_gets_in_at_once(self, client: Client, role: str) -> None:
        sent = {
            "username": "new", "password1": PASSWORD, "password2": PASSWORD,
            "groups": [self.group(role)],
        }  # fmt: skip
        assert client.post(reverse("admin:auth_user_add"), sent).status_code == 302
        user = User.objects.get(username="new")
        assert (user.is_staff, user.is_superuser, [one.name for one in user.groups.all()]) == (
            True,
            False,
            [role],
        )
        inside = Client()
        inside.post("/admin/login/", {"username": "new", "password": PASSWORD})
        assert inside.get(reverse("admin:timeline_event_changelist")).status_code == 200

    def test_who_is_given_a_role_gets_in_and_who_loses_it_no_more(self, client: Client) -> None:
        user = factories.make_user(is_staff=False)
        sent = {"username": user.username, "is_active": "on"}
        client.post(account(user), {**sent, "groups": [self.group(CURATORS)]})
        user.refresh_from_db()
        assert user.is_staff
        client.post(account(user), sent)
        user.refresh_from_db()
        assert not user.is_staff

    def test_a_superuser_may_let_somebody_in_without_a_role(self) -> None:
        user = factories.make_user(is_staff=False)
        client = client_of(SUPERUSER)
        client.post(account(user), {"username": user.username, "is_active": "on", "is_staff": "on"})
        user.refresh_from_db()
        assert user.is_staff

    def test_a_superuser_makes_others(self) -> None:
        user = factories.make_user(is_staff=False)
        sent = {"username": user.username, "is_active": "on", "is_superuser": "on"}
        client_of(SUPERUSER).post(account(user), sent)
        user.refresh_from_db()
        assert (user.is_superuser, user.is_staff) == (True, True)

    @pytest.mark.parametrize("whose", ["own", "another"])
    def test_nobody_is_made_more_than_their_maker_is(
        self, client: Client, administrator: User, whose: str
    ) -> None:
        user = administrator if whose == "own" else factories.make_user(CURATORS)
        mighty = Group.objects.create(name="Mighty")
        mighty.permissions.add(Permission.objects.get(codename="change_group"))
        sent: dict[str, Any] = {
            "username": user.username, "is_active": "on", "is_superuser": "on",
            "user_permissions": [Permission.objects.get(codename="delete_event").pk],
            "groups": [self.group(ADMINISTRATORS)],
        }  # fmt: skip
        assert client.post(account(user), sent).status_code == 302
        assert client.post(account(user), {**sent, "groups": [mighty.pk]}).status_code == 200
        user.refresh_from_db()
        assert not user.is_superuser
        assert not user.user_permissions.exists()
        assert [group.name for group in user.groups.all()] == [ADMINISTRATORS]

    def test_nobody_is_made_more_at_their_making(self, client: Client) -> None:
        sent = {
            "username": "new", "password1": PASSWORD, "password2": PASSWORD,
            "is_superuser": "on", "is_staff": "on",
        }  # fmt: skip
        client.post(reverse("admin:auth_user_add"), sent)
        user = User.objects.get(username="new")
        assert (user.is_superuser, user.is_staff) == (False, False)

    @pytest.mark.parametrize("active", [True, False])
    @pytest.mark.parametrize("above", ["superuser", "group", "permission"])
    def test_those_above_are_out_of_reach(self, client: Client, above: str, *, active: bool) -> None:
        user = factories.make_user(username="above", is_active=active, is_superuser=above == "superuser")
        more = Permission.objects.get(codename="delete_event")
        if above == "group":
            group = Group.objects.create(name="More")
            group.permissions.add(more)
            user.groups.add(group)
        elif above == "permission":
            user.user_permissions.add(more)
        user.set_password(PASSWORD)
        user.save()
        assert client.get(account(user)).status_code == 200
        assert client.post(account(user), {"username": "mine"}).status_code == 403
        new = {"usable_password": "true", "password1": f"my {PASSWORD}", "password2": f"my {PASSWORD}"}
        assert client.get(account(user, "password_change")).status_code == 403
        assert client.post(account(user, "password_change"), new).status_code == 403
        assert client.post(account(user, "delete"), {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
        assert client.post(reverse("admin:auth_user_changelist"), chosen).status_code == 403
        user.refresh_from_db()
        assert (user.username, user.check_password(PASSWORD)) == ("above", True)

    def test_a_password_is_set_for_those_who_have_forgotten_theirs(self, client: Client) -> None:
        user = factories.make_user(CURATORS)
        new = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        assert client.post(account(user, "password_change"), new).status_code == 302
        user.refresh_from_db()
        assert user.check_password(PASSWORD)

    def test_nobody_deletes_their_own(self, client: Client, administrator: User) -> None:
        assert client.post(account(administrator, "delete"), {"post": "yes"}).status_code == 403

    def test_the_hash_of_a_password_is_on_no_page(self, client: Client) -> None:
        users = [factories.make_user(CURATORS), factories.make_user(is_superuser=True)]
        for user in users:
            user.set_password(PASSWORD)
            user.save()
            text = client.get(account(user)).text
            assert user.password not in text
            assert user.password.split("$")[-1] not in text
        assert (
            client.get(reverse("admin:auth_user_changelist"), {"password__startswith": "p"}).status_code
            == 400
        )


def test_the_first_account_is_made_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", username="first", email="", interactive=False, verbosity=0)
    client = Client()
    client.post("/admin/login/", {"username": "first", "password": PASSWORD})
    assert client.get(reverse("admin:auth_user_add")).status_code == 200
