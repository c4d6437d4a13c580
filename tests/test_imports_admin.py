"""Files of events in the admin: looked through first, stored once, and what was refused given back."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests import factories
from timeline import uploading
from timeline.history import decisions_on
from timeline.models import Event, Import, Review, Upload
from timeline.roles import CURATORS

pytestmark = pytest.mark.django_db

SHEET = (
    "title,date,kind,country,id\n"
    "March in Minsk,2020-08-09,protest,BY,1\n"
    "<script>alert(1)</script>,1/2/2020,protest,BY,2\n"
    "=cmd(),2020-08,protest,BY,3\n"
)


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(factories.make_user(CURATORS, username="cora"))
    return client


def hand_in(client: Client, content: str = SHEET, **fields: Any) -> Any:
    sent = {
        "key": uuid4(),
        "collection": "",
        "kind": "other",
        "attached": SimpleUploadedFile("events.csv", content.encode()),
        **fields,
    }
    return client.post(reverse("admin:timeline_upload_events"), sent, follow=True)


def press(client: Client, upload: Upload, do: str = "save") -> Any:
    address = reverse("admin:timeline_upload_change", args=[upload.pk])
    return client.post(address, {"do": do, "turn": upload.turn}, follow=True)


class TestLooking:
    def test_each_row_has_its_verdict_and_nothing_is_stored(self, client: Client) -> None:
        factories.make_event(title="A march", date="2020-08-09", kind="protest", country="BY")
        page = hand_in(client)
        assert "Nothing is stored yet" in page.text
        assert "Import 2 events" in page.text
        assert "1/2/2020" in page.text
        assert "May be the same as" in page.text
        assert "<script>alert(1)" not in page.text
        assert [row["outcome"] for row in page.context["rows"]] == ["refused", "new", "new"]
        assert Event.objects.count() == 1
        assert not Import.objects.exists()

    def test_a_change_is_shown_field_by_field(self, client: Client) -> None:
        hand_in(client)
        press(client, Upload.objects.get())
        page = hand_in(client, SHEET.replace("2020-08-09", "2020-08-10"))
        assert "<del><bdi>2020-08-09</bdi></del> → <ins><bdi>2020-08-10</bdi></ins>" in page.text

    @pytest.mark.parametrize("content", ["", "[1]", "a,b\n1,2\n"], ids=["empty", "list", "columns"])
    def test_what_cannot_be_read_is_said_beside_the_field(self, client: Client, content: str) -> None:
        page = hand_in(client, content)
        assert page.context["form"].errors["attached"]
        assert not Upload.objects.exists()

    def test_a_file_that_is_too_large_is_refused(self, client: Client, settings: Any) -> None:
        settings.UPLOAD_MEGABYTES = 0
        assert "importevents" in str(hand_in(client).context["form"].errors["attached"])

    def test_no_more_rows_than_fit_on_a_page(self, client: Client) -> None:
        rows = "".join(f"March {number},2020,protest,BY,{number}\n" for number in range(300))
        page = hand_in(client, f"title,date,kind,country,id\n{rows}bad,x,protest,BY,b\n")
        assert len(page.context["rows"]) == 200
        assert page.context["rows"][0]["outcome"] == "refused"
        assert "And 101 more rows" in page.text


class TestStoring:
    def test_the_rows_are_stored_under_the_curators_name(self, client: Client) -> None:
        hand_in(client, collection="Ours")
        page = press(client, Upload.objects.get())
        assert Event.objects.count() == 2
        imported = Import.objects.get()
        assert (imported.collection, imported.who, imported.format) == ("Ours", "cora", "csv")
        assert "<strong>2</strong> new" in page.text
        listed = client.get(
            reverse("admin:timeline_event_changelist"), {"origin__imported__exact": imported.pk}
        )
        assert listed.context["cl"].result_count == 2

    def test_a_change_is_in_the_history_under_the_curators_name(self, client: Client) -> None:
        hand_in(client)
        press(client, Upload.objects.get())
        hand_in(client, SHEET.replace("2020-08-09", "2020-08-10"))
        press(client, Upload.objects.first())
        event = Event.objects.get(title="March in Minsk")
        decision = decisions_on(event)[0].decision
        assert (event.date, decision.who, decision.reason) == ("2020-08-10", "cora", "events.csv")
        history = client.get(reverse("admin:timeline_event_history", args=[event.pk]))
        assert "Loaded by cora" in history.text
        assert "Imported as" in history.text

    def test_pressing_twice_stores_once(self, client: Client) -> None:
        hand_in(client)
        upload = Upload.objects.get()
        press(client, upload)
        assert "done already" in press(client, upload).text
        assert (Event.objects.count(), Import.objects.count()) == (2, 1)

    def test_the_same_form_twice_is_one_upload(self, client: Client) -> None:
        key = uuid4()
        hand_in(client, key=key)
        hand_in(client, key=key)
        assert Upload.objects.count() == 1

    def test_a_killed_process_is_gone_on_from(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("timeline.imports.storing.AT_A_TIME", 1)
        hand_in(client)
        upload = Upload.objects.get()
        store = uploading.Brought.store

        def killed(*args: Any, **options: Any) -> Any:
            yield next(iter(store(*args, **options)))
            raise RuntimeError("killed")

        with monkeypatch.context() as patch:
            patch.setattr("timeline.imports.bringing.Brought.store", killed)
            assert "It failed" in press(client, upload).text
        assert Event.objects.count() == 1
        upload.refresh_from_db()
        assert "<strong>2</strong> new" in press(client, upload, "again").text
        assert (Event.objects.count(), Import.objects.count()) == (2, 1)

    def test_what_a_curator_rejected_stays_so(self, client: Client) -> None:
        hand_in(client)
        press(client, Upload.objects.get())
        Event.objects.update(review=Review.REJECTED)
        page = hand_in(client, SHEET.replace("2020-08-09", "2020-08-10"))
        assert "stays rejected" in page.text
        press(client, Upload.objects.first())
        assert set(Event.objects.values_list("review", flat=True)) == {Review.REJECTED}


def test_refused_rows_come_back_as_a_file(client: Client) -> None:
    hand_in(client)
    upload = Upload.objects.get()
    press(client, upload)
    answer = client.get(reverse("admin:timeline_upload_refused", args=[upload.pk]))
    assert answer["Content-Disposition"] == 'attachment; filename="events-refused.csv"'
    header, row = answer.text.splitlines()
    assert header == "title,date,kind,country,id,problem,mend"
    assert row.startswith("<script>alert(1)</script>,1/2/2020,protest,BY,2,")


def test_a_file_that_is_broken_half_way_is_itself_to_be_mended(client: Client) -> None:
    hand_in(client, 'title,date\nMarch in Minsk,2020-08-09\nVote,"2020\n')
    upload = Upload.objects.get()
    page = client.get(reverse("admin:timeline_upload_refused", args=[upload.pk]), follow=True)
    assert "No row of it can be mended by itself" in page.text


def test_a_file_of_which_nothing_was_refused_is_not_kept(client: Client) -> None:
    hand_in(client, "title,date,kind\nMarch,2020,protest\n")
    upload = Upload.objects.get()
    press(client, upload)
    assert not upload.files.exists()
    page = client.get(reverse("admin:timeline_upload_refused", args=[upload.pk]), follow=True)
    assert "nothing was refused" in page.text


def test_readers_see_where_an_event_came_from(client: Client) -> None:
    hand_in(client, collection="<b>Ours</b>")
    press(client, Upload.objects.get())
    page = Client().get(Event.objects.get(title="=cmd()").get_absolute_url())
    assert (
        "Imported from <bdi>&lt;b&gt;Ours&lt;/b&gt;</bdi> (Timeline CSV), row <bdi>3</bdi>, on" in page.text
    )
    assert "<bdi>=cmd()</bdi>" in page.text
