"""The command that brings events in: what it stores, what it prints, and what it gives back to be mended."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests import factories
from tests.test_loading import rows as stored_rows
from timeline.models import Event, Import, Mention, Origin, Source

pytestmark = pytest.mark.django_db

HEADER = "title,date,kind,country,id"
GOOD = "March in Minsk,2020-08-09,protest,BY,1"
BAD = "=cmd(),1/2/2020,protest,BY,2"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "events.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n{BAD}\n", encoding="utf-8")
    return path


def run(*arguments: Any) -> tuple[str, str, str]:
    """(standard output, standard error, the message of the error that it ended with)."""
    out, err, failed = StringIO(), StringIO(), ""
    try:
        call_command("importevents", *map(str, arguments), stdout=out, stderr=err)
    except CommandError as error:
        failed = str(error)
    return out.getvalue(), err.getvalue(), failed


def test_good_rows_are_stored_and_bad_ones_named(sheet: Path) -> None:
    out, err, failed = run(sheet)
    assert Event.objects.get().title == "March in Minsk"
    assert "2 rows: 1 new, 0 changed, 0 unchanged, 1 refused, 0 passed over." in out
    assert f"{sheet}, row 3: " in err
    assert "1/2/2020" in err
    assert failed == "1 row was refused, as named above."
    imported = Import.objects.get()
    assert (imported.collection, imported.file, imported.format) == ("events", "events.csv", "csv")
    assert (imported.who, len(imported.sha256)) == ("the command", 64)


def test_refused_rows_come_back_to_be_mended_and_imported_again(sheet: Path) -> None:
    run(sheet)
    refused = sheet.with_name("events-refused.csv")
    text = refused.read_text(encoding="utf-8")
    (row,) = csv.DictReader(StringIO(text))
    assert [*row] == ["title", "date", "kind", "country", "id", "problem", "mend"]
    assert row["title"] == "'=cmd()"  # no spreadsheet works it out
    assert "1/2/2020" in row["problem"]
    refused.write_text(text.replace("1/2/2020", "2020-02-01"), encoding="utf-8")
    assert run(refused, "--collection", "events")[2] == ""
    assert Origin.objects.get(collection="events", identifier="2").event.title == "=cmd()"
    assert "problem" not in Origin.objects.get(identifier="2").row


def test_the_message_leads_to_the_collection_that_the_rows_belong_to(sheet: Path) -> None:
    collection = "Marches in Minsk"
    out, _, _ = run(sheet, "--collection", collection)
    assert f"import that file with --collection '{collection}'." in out
    out, _, _ = run(sheet)
    assert "import that file with --collection events." in out


def test_no_file_is_written_over(sheet: Path) -> None:
    mine = sheet.with_name("events-refused.csv")
    mine.write_text("mine")
    out, _, _ = run(sheet)
    assert mine.read_text() == "mine"
    assert str(sheet.with_name("events-refused-2.csv")) in out
    run(sheet, "--refused", sheet.with_name("elsewhere.csv"))
    assert sheet.with_name("elsewhere.csv").exists()


def test_cells_too_many_stay_so_until_they_are_mended(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("date,title\n2020-08-09,Protests, strikes\n", encoding="utf-8")
    assert "It has 3 cells, and the header 2." in run(path)[1]
    refused = tmp_path / "events-refused.csv"
    assert run(refused)[2] == "1 row was refused, as named above."
    assert not Event.objects.exists()


def test_what_is_broken_is_no_row_to_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text('date,title\n2020-08-09,Protests\n2020-08-10,"Strikes\n', encoding="utf-8")
    out, err, failed = run(path)
    assert f"{path}, row 3: From here on it can’t be read as CSV: unexpected end of data." in err
    assert failed == "1 row was refused, as named above."
    assert "The refused rows are in" not in out
    assert [*tmp_path.iterdir()] == [path]


def test_slides_come_back_as_slides(tmp_path: Path) -> None:
    path = tmp_path / "slides.json"
    slides = [
        {
            "start_date": {"year": "2020", "month": "8", "day": "9"},
            "text": {"headline": "Vote", "text": "<b>V</b>"},
        },
        {"start_date": {"year": "2020", "month": "13"}, "text": {"headline": "Protest"}, "unique_id": "p"},
        {"start_date": {"year": ""}, "text": {"headline": "Nothing"}},
    ]
    path.write_text(json.dumps({"events": slides}), encoding="utf-8")
    _, _, failed = run(path, "--kind", "election")
    assert failed == "2 rows were refused, as named above."
    assert Event.objects.get().kind == "election"
    refused = tmp_path / "slides-refused.json"
    told = json.loads(refused.read_text(encoding="utf-8"))
    assert [{*slide} - {*told_of} for slide, told_of in zip(told["events"], slides[1:], strict=True)] == [
        {"problem", "mend"}
    ] * 2
    refused.write_text(refused.read_text(encoding="utf-8").replace('"13"', '"12"'), encoding="utf-8")
    run(refused, "--collection", "slides")
    assert Origin.objects.filter(collection="slides").count() == 2


def test_a_dry_run_says_all_and_writes_nothing(sheet: Path) -> None:
    run(sheet)
    Path(sheet.with_name("events-refused.csv")).unlink()
    other = factories.make_event(title="A march", date="2021-05-01", kind="protest", country="BY")
    factories.make_mention(factories.make_source(), other)
    before, imports = stored_rows(), Import.objects.count()
    sheet.write_text(
        "\n".join([HEADER, GOOD.replace("2020-08-09", "2020-08-10"), BAD, "A march,2021-05-01,protest,BY,3"])
    )
    out, _, failed = run(sheet, "--dry-run")
    assert "Row 2: changed. 2020-08-10: March in Minsk (protest)\n    Date: 2020-08-09 → 2020-08-10" in out
    assert f"May be the same as event {other.pk}, A march, 1 May 2021: same date" in out
    assert "refused" in failed
    assert (stored_rows(), Import.objects.count()) == (before, imports)
    assert not sheet.with_name("events-refused.csv").exists()


def test_json_is_an_object_a_row(sheet: Path) -> None:
    out, _, _ = run(sheet, "--json", "--dry-run")
    told = [json.loads(line) for line in out.splitlines()]
    assert [(one["number"], one["outcome"]) for one in told] == [(2, "new"), (3, "refused")]


def test_the_same_file_again_changes_nothing(sheet: Path) -> None:
    sheet.write_text(f"{HEADER}\n{GOOD}\n")
    run(sheet)
    before = stored_rows()
    out, err, failed = run(sheet)
    assert "1 row: 0 new, 0 changed, 1 unchanged" in out
    assert (err, failed, stored_rows()) == ("", "", before)
    sheet.write_text(f"{HEADER}\nAnother,2020,protest,BY,9\n")
    assert "1 that came with “events” before" in run(sheet)[0]


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 a workbook", b"[1, 2]", b"a,b\n1,2\n", b"{"],
    ids=["empty", "workbook", "list", "columns", "json"],
)  # fmt: skip
def test_an_unreadable_file_is_named_and_nothing_stored(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    _, _, failed = run(path)
    assert failed.startswith(f"{path}: ")
    assert failed.endswith("Nothing of it was stored.")
    assert not Import.objects.exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "can’t be read" in run(tmp_path / "none.csv")[2]


def test_kosovo_has_no_iso_code_and_is_a_country(tmp_path: Path, client: Client) -> None:
    path = tmp_path / "acled.csv"
    path.write_text(
        "event_id_cnty,event_date,event_type,iso,country\nKOS1,2021-02-14,Protests,0,Kosovo\n",
        encoding="utf-8",
    )
    assert run(path)[2] == ""
    event = Event.objects.get()
    assert (event.country.code, event.country.name) == ("XK", "Kosovo")
    assert event.title in client.get("/?country=XK").content.decode()
    assert "Kosovo" in client.get(event.get_absolute_url()).content.decode()


def test_the_download_of_what_was_imported_is_no_change_to_it(tmp_path: Path, client: Client) -> None:
    acled = tmp_path / "acled.csv"
    acled.write_text(
        "event_id_cnty,event_date,event_type,actor1,inter1,notes,country\n"
        "BLR1,2021-02-14,Protests,Example Union,6,Members marched.,Belarus\n",
        encoding="utf-8",
    )
    run(acled)
    before = stored_rows()
    content = downloaded(client)
    download = tmp_path / "events.csv"
    download.write_bytes(content)
    assert "1 unchanged" in run(download, "--dry-run")[0]
    assert "1 unchanged" in run(download)[0]
    assert stored_rows() == before
    download.write_bytes(content.replace(b"Example Union", b"Another Union"))
    assert "1 changed" in run(download)[0]
    acled.write_text(acled.read_text().replace(",6,", ",3,").replace("Example Union", "Another Union"))
    out = run(acled, "--dry-run")[0]
    assert "What they are: Another Union (–) → Another Union (organisation)" in out


def test_a_title_alone_is_told_once_however_often_it_goes_out_and_in(tmp_path: Path, client: Client) -> None:
    path = tmp_path / "events.csv"
    path.write_text("date,title\n2020-08-09,March in Minsk\n", encoding="utf-8")
    run(path)
    assert Source.objects.get().text == Mention.objects.get().quote == "March in Minsk"
    path.write_bytes(downloaded(client))
    assert "1 unchanged" in run(path)[0]


def downloaded(client: Client) -> bytes:
    return b"".join(client.get("/events.csv").streaming_content)
