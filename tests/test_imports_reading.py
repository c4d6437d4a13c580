"""Files of other programs: the format found by what is in them, and a verdict for each row."""

import csv
import io
import json
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from timeline import edtf_dates
from timeline.documents import Unreadable
from timeline.extraction.records import Status
from timeline.imports import acled, opening
from timeline.imports.classifying import KINDS
from timeline.imports.opening import Format, open_file
from timeline.imports.rows import Party, PassedOver, Refused, Row
from timeline.models import Import, Kind

STATUSES = Status.__args__
ACLED = {
    "event_id_cnty": "BLR1", "event_date": "09 August 2020", "year": "2020", "time_precision": "1",
    "disorder_type": "Demonstrations", "event_type": "Protests", "sub_event_type": "Peaceful protest",
    "actor1": "Protesters (Belarus)", "assoc_actor_1": "Students (Belarus); Women (Belarus)",
    "inter1": "Protesters",
    "actor2": "", "assoc_actor_2": "", "inter2": "", "interaction": "Protesters only",
    "civilian_targeting": "",
    "iso": "112", "region": "Europe", "country": "Belarus", "admin1": "Minsk", "admin2": "", "admin3": "",
    "location": "Minsk", "latitude": "53.9", "longitude": "27.56", "geo_precision": "1", "source": "Made up",
    "source_scale": "National", "notes": "People marched through Minsk.", "fatalities": "0",
    "tags": "crowd size=large", "timestamp": "1597104000",
}  # fmt: skip


def read(content: str | bytes, **options) -> list:
    return list(
        open_file(io.BytesIO(content if isinstance(content, bytes) else content.encode()), **options)[1]
    )


def one(content: str | bytes, **options):
    (verdict,) = read(content, **options)
    return verdict


def slides(*events, **others) -> str:
    return json.dumps({**others, "events": events})


def slide(headline="Vote held", **others) -> dict:
    return {"start_date": {"year": "2020"}, "text": {"headline": headline}, **others}


def table(*rows: dict, delimiter=",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def from_acled(**cells):
    return one(table(ACLED | cells))


def test_the_formats_and_kinds_are_those_of_the_database():
    assert [choice.value for choice in Format] == Import.Format.values
    assert sorted(KINDS) == sorted(Kind.values)


SHEET = "Year,Month,Day,Headline\n2020,8,9,Vote held\n"


@pytest.mark.parametrize(
    ("content", "format_"),
    [
        (slides(slide()), Format.TIMELINEJS),
        (slides(), Format.TIMELINEJS),
        ('{"eras": [], "title": {}, "events": []}', Format.TIMELINEJS),
        ('{"timeline": {"date": []}}', Format.TIMELINEJS),
        ('storyjs_jsonp_data = {"timeline": {"date": []}};\n', Format.TIMELINEJS),
        ('callback({"events": []})', Format.TIMELINEJS),
        ("\ufeff" + slides(slide()), Format.TIMELINEJS),
        (slides(slide()).encode("utf-16"), Format.TIMELINEJS),
        (SHEET, Format.SHEET),
        ("\n\n" + SHEET, Format.SHEET),
        ("sep=;\r\n" + SHEET.replace(",", ";"), Format.SHEET),
        (SHEET.upper(), Format.SHEET),
        (SHEET.replace(",", "\t").encode("utf-16"), Format.SHEET),
        ("Start Date,End Date,Headline,Tag\n2011,,x,y", Format.SHEET),
        (table(ACLED), Format.ACLED),
        ("\ufeff" + table(ACLED, delimiter=";"), Format.ACLED),
        ("event_type,event_id_cnty,event_date\n", Format.ACLED),
        ("title,date,kind\n", Format.CSV),
        ('{"$schema": "", "format": "political-event-timeline"}', Format.JSON),
        # Its keys sorted by some tool: an event with passages is no slide.
        ('{"actors": [], "events": [{"id": 1, "passages": []}]}', Format.JSON),
    ],
)
def test_a_file_is_known_by_what_is_in_it(content, format_):
    content = content if isinstance(content, bytes) else content.encode()
    assert open_file(io.BytesIO(content))[0] == format_


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "It is empty."),
        (b" \n ", "It is empty."),
        (b"PK\x03\x04", "It is a workbook or an archive."),
        (b"<!doctype html>", "It is a web page."),
        (b"[1]", "It is a JSON list."),
        (b'{"data": [], "count": 2}', "It is JSON of another kind: it holds “data”, “count”."),
        (b'{"a', "It can’t be read as JSON: parse error: premature EOF."),
        (b"name,age\nA,1", "It is a table of another kind, with the columns “name”, “age”."),
        (b"Dear all", "It begins with “Dear all”, which tells of no format."),
        (b"\0\0\0", "It begins with “\ufffd\ufffd\ufffd”, which tells of no format."),
        (b"event_date,event_type,actor1,notes\n", "It looks like ACLED’s CSV without “event_id_cnty”."),
        (b"event_id,exact,title,kind\n", "It is a table of passages."),
        (b'{"events": {"a": {}}}', "Its “events” is not a list."),
        (b"Year,Headline,Year\n", "It has two columns named “year”."),
    ],
)
def test_what_is_none_of_the_formats_is_named(content, reason):
    with pytest.raises(Unreadable) as refusal:
        open_file(io.BytesIO(content))
    assert refusal.value.reason == reason
    assert refusal.value.mend


def test_a_slide_is_an_event_with_its_words(tmp_path):
    told = {
        "start_date": {"year": "2020", "month": "8", "day": " 9 "},
        "end_date": {"year": 2020.0, "month": 8, "day": 10},
        "text": {
            "headline": "<b>Vote</b> held<br>in Minsk",
            "text": "<p>Caf&eacute; &amp; <script>x</script>bar</p><p>Two</p>",
        },
        "media": {"url": "https://example.org/a", "caption": "<i>Crowd</i>", "credit": "Me"},
        "group": "Elections",
        "unique_id": "vote-1",
    }  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(slides(told))
    format_, verdicts = open_file(path)
    (row,) = verdicts
    assert format_ == Format.TIMELINEJS
    assert (row.number, row.identifier, row.kind, row.rules) == (1, "vote-1", "election", {"kind": "group"})
    assert (row.title, row.headline, row.date) == ("Vote held in Minsk", row.title, "2020-08-09/2020-08-10")
    assert row.text == "Café & bar\n\nTwo\n\nCrowd\n\nMe"
    assert (row.url, row.status, row.published) == ("https://example.org/a", "", None)
    assert row.raw == told


@pytest.mark.parametrize(
    ("start", "end", "edtf"),
    [
        ({"year": "1815"}, {}, "1815"),
        ({"year": "1815.0", "month": "", "day": None}, {"year": ""}, "1815"),
        ({"year": 62, "month": 1}, {}, "0062-01"),
        ({"year": "2020", "month": "02", "day": "29"}, {"year": 2020, "month": 2, "day": 29}, "2020-02-29"),
        ({"year": "2020"}, {"year": "2021", "month": "3"}, "2020/2021-03"),
    ],
)  # fmt: skip
def test_dates_of_slides(start, end, edtf):
    assert one(slides(slide(start_date=start, end_date=end))).date == edtf


@pytest.mark.parametrize(
    ("start", "end", "problem"),
    [
        ({}, {}, "It has no date."),
        ({"month": "5"}, {}, "Its start date has a month or a day but no year."),
        ({"year": "0"}, {}, "Its year “0” is not one of the years 1 to 9999."),
        ({"year": "-500"}, {}, "Its year “-500” is not one of the years 1 to 9999."),
        ({"year": 13_800_000_000}, {}, "Its year “13800000000” is not one of the years 1 to 9999."),
        ({"year": "c. 1850"}, {}, "Its year “c. 1850” is not a whole number."),
        ({"year": 1815.5}, {}, "Its year “1815.5” is not a whole number."),
        ({"year": True}, {}, "Its year “True” is not a whole number."),
        ({"year": [2020]}, {}, "Its year “[2020]” is not a whole number."),
        ({"year": "2021", "month": "13"}, {}, "Its month “13” is none."),
        ({"year": "2021", "month": "2", "day": "30"}, {}, "Its day “30” is not in February 2021."),
        ({"year": "2021", "day": "3"}, {}, "Its start date has the day “3” but no month."),
        ({"year": "2021"}, {"year": "2020"}, "It ends (2020) before it begins (2021)."),
        ("2021", {}, "Its start_date is not an object."),
    ],
)
def test_dates_that_are_refused(start, end, problem):
    verdict = one(slides(slide(start_date=start, end_date=end)))
    assert isinstance(verdict, Refused)
    assert verdict.problem == problem
    assert verdict.mend
    assert verdict.raw["start_date"] == start


def test_title_and_eras_are_passed_over_wherever_they_stand():
    verdicts = read(slides(slide(), title=slide(), eras=[slide(), slide()]))
    assert [(type(verdict), verdict.number) for verdict in verdicts] == [
        (PassedOver, 0),
        (PassedOver, 1),
        (PassedOver, 2),
        (Row, 1),
    ]


@pytest.mark.parametrize(
    ("words", "edtf"),
    [
        ("2011", "2011"),
        ("2011,12", "2011-12"),
        ("2011,12,10", "2011-12-10"),
        ("2011,12,10,07,02,10", "2011-12-10"),
        ("12/10/2011", "2011-12-10"),  # TimelineJS reads the month first
        ("12/10/2011 09:30", "2011-12-10"),
        ("2011-12-10", "2011-12-10"),
        ("25/12/2011", "Its month “25” is none."),
        ("10 Dec 2011", "Its year “10 Dec 2011” is not a whole number."),
        ("", "It has no date."),
    ],
)
def test_dates_of_old_files(words, edtf):
    old = {"timeline": {"date": [{"startDate": words, "headline": "Vote held", "tag": "Protest"}]}}
    verdict = one(json.dumps(old))
    assert (verdict.date if isinstance(verdict, Row) else verdict.problem) == edtf
    again = one(f'Start Date,Headline,Tag\n"{words}",Vote held,Protest\n')
    assert (again.date if isinstance(again, Row) else again.problem) == edtf


def test_the_sheet_and_the_json_made_of_it_name_rows_alike():
    (sheet,) = read("Year,Month,Day,Headline,Text\n1999,,,Vote held,<p>Words</p>\n")
    (made,) = read(
        slides(slide(start_date={"year": "1999"}, text={"headline": "Vote held", "text": "Words"}))
    )
    assert sheet.identifier == made.identifier
    assert sheet.text == made.text


def test_rows_of_a_sheet_are_counted_as_the_sheet_counts_them():
    verdicts = read(
        "\ufeffYear;Month;Headline;Type\r\n;;Hello;title\r\n\r\n;;;\r\n2020;;Era;ERA\r\n1999;13;A;\r\n"
        '1999;2;"A\r\nb";\r\n1999;2;A;;;c\r\n1999\r\n'
    )
    assert [(type(verdict), verdict.number) for verdict in verdicts] == [
        (PassedOver, 2),
        (PassedOver, 5),
        (Refused, 6),
        (Row, 7),
        (Refused, 8),
        (Refused, 9),
    ]
    assert verdicts[3].title == "A b"
    assert verdicts[4].problem == "It has 6 cells, and the header 4."
    assert verdicts[4].raw["beyond the header, cell 6"] == "c"
    assert verdicts[5].problem == "It has no headline and no text."


def test_what_comes_twice():
    verdicts = read(slides(slide("A"), slide("B"), slide("A"), slide("A", group="Protest")))
    assert [type(verdict) for verdict in verdicts] == [Row, Row, PassedOver, Refused]
    assert verdicts[2].reason == "It is the same as row 1."
    assert verdicts[3].problem == "It has the same date and title as row 1 and says something else."
    _, named = read(slides(slide("A", unique_id="a"), slide("B", unique_id="a")))
    assert named.problem == "It has the same name, “a”, as row 1 and says something else."


@pytest.mark.parametrize(
    ("headline", "group", "kind", "rule"),
    [
        ("Ada Lovelace", "", "protest", "default"),
        ("Ada Lovelace", "constitutional changes", "constitutional_change", "group"),
        ("Presidential election in Belarus", "People", "election", "headline"),
        ("Presidential election in Belarus", "REFERENDUM", "referendum", "group"),
        # Two kinds in one headline: which is meant is not for a machine to guess.
        ("Police crack down on protests", "", "protest", "default"),
    ],
)
def test_the_kind_of_a_slide(headline, group, kind, rule):
    row = one(slides(slide(headline, group=group)), kind="protest")
    assert (row.kind, row.rules["kind"]) == (kind, rule)


def test_a_group_may_be_a_country():
    assert one(slides(slide(group="Belarus"))).country == "BY"
    assert one(slides(slide(group="Minsk"))).country == ""


def test_a_row_of_acled():
    row = from_acled(fatalities="3")
    assert (row.identifier, row.kind, row.title, row.date) == (
        "BLR1",
        "protest",
        "Peaceful protest in Minsk",
        "2020-08-09",
    )
    assert (row.country, row.publisher, row.text) == ("BY", "Made up", "People marched through Minsk.")
    assert row.published == date(2020, 8, 11)
    assert row.counts == ({"what": "killed", "minimum": 3, "maximum": 3},)
    assert row.parties == (
        Party("Protesters (Belarus)", "initiator", "group"),
        Party("Students (Belarus)", "participant"),
        Party("Women (Belarus)", "participant"),
    )
    assert row.raw["tags"] == "crowd size=large"


@pytest.mark.parametrize(
    ("cells", "edtf"),
    [
        ({"event_date": "2020-08-09"}, "2020-08-09"),
        ({"event_date": "9-Aug-2020"}, "2020-08-09"),
        ({"time_precision": "2"}, "2020-08-06/2020-08-12"),
        ({"time_precision": "3.0"}, "2020-08"),
        ({"event_date": "01 January 0001", "time_precision": "2"}, "0001-01-01/0001-01-04"),
        ({"event_date": "09/08/2020"}, "Its date “09/08/2020” can’t be read."),
        ({"event_date": "9 Foo 2020"}, "Its month “Foo” is not a whole number."),
        ({"event_date": "2020-08"}, "Its date “2020-08” can’t be read."),
        ({"time_precision": "4"}, "Its time_precision “4” is none."),
        ({"event_id_cnty": " "}, "It has no event_id_cnty."),
        ({"fatalities": "some"}, "Its fatalities “some” are no number of people."),
        ({"event_type": "", "sub_event_type": ""}, "It has no event_type."),
    ],
)  # fmt: skip
def test_dates_of_acled(cells, edtf):
    verdict = from_acled(**cells)
    assert (verdict.date if isinstance(verdict, Row) else verdict.problem) == edtf


@pytest.mark.parametrize(
    ("types", "first", "second", "kind", "roles"),
    [
        ("Protests/Protest with intervention", "6", "1", "protest", "initiator, participant"),
        ("Protests/Excessive force against protesters", "6", "1", "crackdown", "target, initiator"),
        ("Riots/Violent demonstration", "Rioters", "State forces", "protest", "initiator, participant"),
        ("Riots/Mob violence", "5", "7", "other", "initiator, target"),
        ("Violence against civilians/Attack", "State forces", "7", "crackdown", "initiator, target"),
        ("Violence against civilians/Attack", "Rebel group", "Civilians", "other", "initiator, target"),
        ("Strategic developments/Arrests", "1", "3", "crackdown", "initiator, target"),
        ("Battles/Armed clash", "1", "2", "other", "participant, participant"),
    ],
)  # fmt: skip
def test_kinds_and_roles_of_acled(types, first, second, kind, roles):
    event, _, sub_event = types.partition("/")
    others = {"actor2": "Others", "assoc_actor_1": ""}
    row = from_acled(event_type=event, sub_event_type=sub_event, inter1=first, inter2=second, **others)
    assert row.kind == kind
    assert ", ".join(party.role for party in row.parties) == roles


@pytest.mark.parametrize(
    ("iso", "name", "code"),
    [
        ("4", "Afghanistan", "AF"),
        ("0", "Kosovo", "XK"),
        ("", "Democratic Republic of Congo", "CD"),
        ("", "Atlantis", ""),
    ],
)
def test_countries_of_acled(iso, name, code):
    assert from_acled(iso=iso, country=name).country == code


def test_a_file_that_other_programs_have_saved_anew():
    row = from_acled(
        iso="112.0", inter1="6.0", assoc_actor_1="NA", fatalities="2.0", timestamp="1597104000.0"
    )
    assert (row.country, row.published) == ("BY", date(2020, 8, 11))
    assert row.parties == (Party("Protesters (Belarus)", "initiator", "group"),)
    assert row.counts[0]["minimum"] == 2


def test_the_columns_of_acled_are_31():
    assert [name.replace(" ", "_") for name in acled.COLUMNS] == list(ACLED)


def test_a_row_of_the_timeline():
    row = one(
        table(
            {
                "id": "7", "kind": "Crackdown", "title": "'=HYPERLINK()", "date": "2020-08/..",
                "status": "ongoing", "disputed": "true", "country": "BY",
                "people": "detained 800+; killed 2-5; fled up to 300; injured 4", "initiators": "Police",
                "targets": "A; B", "summary": "''tis", "headline": "News", "publisher": "BBC",
                "published": "2020-09-01", "source_url": "https://example.org/a", "quote": "The words.",
                "origin_collection": "", "origin_identifier": "",
            }
        )
    )  # fmt: skip
    assert (row.identifier, row.collection, row.kind, row.title) == ("7", "", "crackdown", "=HYPERLINK()")
    assert (row.date, row.status, row.disputed, row.country) == ("2020-08/..", "ongoing", True, "BY")
    assert (row.summary, row.headline, row.publisher, row.text) == ("'tis", "News", "BBC", "The words.")
    assert (row.url, row.published) == ("https://example.org/a", date(2020, 9, 1))
    assert [(count["what"], count["minimum"], count["maximum"]) for count in row.counts] == [
        ("detained", 800, None),
        ("killed", 2, 5),
        ("fled", None, 300),
        ("injured", 4, 4),
    ]
    assert row.parties == (Party("Police", "initiator"), Party("A", "target"), Party("B", "target"))


def test_a_row_that_came_from_elsewhere_keeps_its_name_there():
    row = one("id,title,date,origin_collection,origin_identifier\n7,Vote,2020,acled,BLR1\n")
    assert (row.collection, row.identifier) == ("acled", "BLR1")


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        ("date", "9/8/2020", "“9/8/2020” is not a date of the years 1 to 9999 in EDTF."),
        ("kind", "coup", "Its kind “coup” is none that the timeline has."),
        ("status", "maybe", "Its status “maybe” is none."),
        ("disputed", "perhaps", "Its “disputed” “perhaps” is neither."),
        ("country", "Atlantis", "Its country “Atlantis” is none."),
        ("people", "killed many", "Its people “killed many” can’t be read."),
        ("people", "killed 5-2", "Its people “killed 5-2” are no number of people."),
        ("published", "2020-02-30", "Its “published” “2020-02-30” is no day."),
        ("source_url", "javascript:alert(1)", "Its source_url “javascript:alert(1)” is no web address."),
        ("title", " ", "It has no title."),
    ],
)
def test_cells_of_the_timeline_that_are_refused(column, cell, problem):
    cells = {"title": "Vote", "date": "2020", "kind": "election"} | {column: cell}
    verdict = one(table(cells))
    assert isinstance(verdict, Refused)
    assert verdict.problem.startswith(problem)
    assert verdict.raw == cells


@pytest.mark.parametrize(
    "long", ["{}", '"{}"', '"a ""b"" {}\nsecond line"', 'a,"{}'], ids=["plain", "quoted", "two", "open"]
)
def test_a_row_too_long_to_be_read_leaves_the_others(long):
    """Whatever quotation marks stand in what is passed over."""
    long = long.format("x" * 900 + ' ""y"" ' * 1_000_000 if long != "{}" else "x" * 6_000_000)
    content = f"Year,Headline,Text,Media\n2019,A,,\n2020,B,{long}\n"
    closing = '",\n' if content.count('"') % 2 else ""
    first, refused, last = read(f"{content}{closing}2021,C,,\n")
    assert (first.title, refused.problem, last.title) == ("A", "It has a line over 5 MB.", "C")
    assert last.date == "2021"


def test_a_sheet_made_by_hand_needs_little():
    first, second = read("Title,Date,Kind\nPresidential election,,\nVote,2020-08,Protests\n")
    assert (first.date, first.kind, first.text) == ("", "election", "")
    assert (second.date, second.kind, second.headline) == ("2020-08", "protest", "Vote")


def test_files_broken_half_way_give_what_came_before():
    whole = slides(slide("A"), slide("B"), slide("C"))
    a, b, broken = read(whole[: whole.index('"C"')])
    assert (a.title, b.title, broken.number) == ("A", "B", 3)
    assert broken.problem.startswith(
        "After slide 2 the file can’t be read as JSON: parse error: premature EOF"
    )
    row, unclosed = read('Year,Headline\n1999,A\n2000,"B\n2001,C\n')
    assert (row.title, unclosed.number) == ("A", 3)
    assert "can’t be read as CSV" in unclosed.problem


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"events": [{"a": ' + "[" * 100_000, "it is over 100 levels deep"),
        ('{"events": [{"start_date": {"year": ' + "9" * 6_000 + "}}]}", "integer overflow"),
        ('{"events": [{"start_date": {"year": 1e999}}]}', "numeric (floating point) overflow"),
        ('{"events": [{"start_date": {"year": NaN}}]}', "invalid char in json text"),
        ('{"events": []} {"events": []}', "trailing garbage"),
        ('{"events": [{"text": "' + "x" * 6_000_000 + '"}]}', "it holds a value over 5 MB"),
    ],
    ids=["deep", "large whole", "large", "no number", "two", "long"],
)
def test_json_that_would_fill_the_memory_or_is_none(content, problem):
    verdict = one(content)
    assert isinstance(verdict, Refused)
    assert problem in verdict.problem


def test_a_row_may_be_too_large_and_the_next_one_not():
    large, fine = read(slides(slide(text={"headline": "A", "text": ["x" * 1_000] * 6_000}), slide()))
    assert (large.problem, fine.title) == ("It is over 5 MB.", "Vote held")
    refused = one("Year,Headline,Text\n1999,A," + "x" * 5_000_001)
    assert "5 MB" in refused.problem


def test_letters_of_another_alphabet_than_utf_8():
    note, row = read("Year,Headline\n1999,Protest in Café\n".encode("cp1252"))
    assert (note.number, row.title) == (0, "Protest in Café")
    assert "Windows-1252" in note.reason


def test_signs_that_have_no_place_in_a_text():
    row = one(slides(slide("Nul\0l \u202eevil\u202c \ud800half\u2029 fo\u200fo", unique_id="a\0b")))
    assert (row.title, row.identifier) == ("Null evil ?half fo\u200fo", "ab")
    assert row.raw["unique_id"] == "a\ufffdb"


def test_markup_is_never_too_deep_and_never_run():
    deep = (
        "<div>" * 5_000
        + "Deep &lt;b&gt;"
        + "</div>" * 5_000
        + "<style>x{}</style><!-- no --><img src=x onerror=y>end"
    )
    assert one(slides(slide(text={"headline": "A", "text": deep}))).text == "Deep <b>\n\nend"
    assert one(slides(slide("5 < 6 & 7 > 2"))).title == "5 < 6 & 7 > 2"


def test_a_quotation_shown_in_place_of_a_picture_is_words():
    row = one(slides(slide(media={"url": "<blockquote>Said <cite>Her</cite></blockquote>"})))
    assert (row.text, row.url) == ("Said Her", "")


def test_long_headlines_are_shortened():
    row = one(slides(slide("word " * 100)))
    assert len(row.title) <= 300
    assert row.title.endswith("…")


def test_an_upload_is_read_and_left_open():
    upload = SimpleUploadedFile("a.csv", SHEET.encode())
    for _ in range(2):
        (row,) = open_file(upload)[1]
        assert row.date == "2020-08-09"
    assert not upload.closed


def test_rows_are_read_as_they_are_asked_for(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(SHEET + "2021,,,Another\n" * 100_000)
    seen = 0

    class Watched(io.BufferedReader):
        def read1(self, size=-1, /):
            nonlocal seen
            seen += 1
            return super().read1(size)

    with Watched(io.FileIO(path)) as file:
        _, verdicts = open_file(file)
        before = seen
        next(verdicts)
        assert seen - before < 5


cells = st.text(max_size=12) | st.sampled_from(
    ["2020", "13", "2020-08-09", "protest", '"', "'=x", "<b>", "\0", "title", "1,2"]
)
names = st.sampled_from(
    [
        name
        for columns in (opening.sheet.COLUMNS, opening.acled.COLUMNS, opening.flat.COLUMNS)
        for name in columns
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | cells
parts = st.dictionaries(
    st.sampled_from(["year", "month", "day", "headline", "text", "url", "caption"]), scalars, max_size=4
)
any_slide = st.dictionaries(
    st.sampled_from(
        ["start_date", "end_date", "text", "media", "group", "unique_id", "startDate", "headline", "asset"]
    ),
    parts | scalars | st.lists(scalars, max_size=2),
    max_size=6,
)


def check(content: bytes) -> list:
    """Nothing but verdicts or Unreadable, each fit to be stored."""
    try:
        _, verdicts = open_file(io.BytesIO(content))
        found = list(verdicts)
    except Unreadable:
        return []
    for verdict in found:
        json.dumps(verdict.raw, allow_nan=False).encode()
        if isinstance(verdict, Row):
            assert verdict.kind in KINDS
            assert verdict.status in (*STATUSES, "")
            assert verdict.title == " ".join(verdict.title.split()) != ""
            assert len(verdict.title) <= 300
            assert verdict.text.strip() == verdict.text
            assert not set("\0\u202e") & set(verdict.title + verdict.text + verdict.identifier)
            assert 0 < len(verdict.identifier) <= 300
            edtf_dates.bounds(verdict.date)
        elif isinstance(verdict, Refused):
            assert verdict.problem
            assert verdict.mend
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(any_slide | scalars, max_size=5), st.integers(0, 400))
def test_any_json_gets_a_verdict_a_slide(events, cut):
    whole = json.dumps({"events": events})
    found = check(whole.encode())
    if not any(
        isinstance(verdict, Refused) and "can’t be read as JSON" in verdict.problem for verdict in found
    ):
        assert [verdict.number for verdict in found] == list(range(1, len(events) + 1))
    check(whole[:cut].encode())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(names, min_size=2, max_size=8, unique=True), st.lists(st.lists(cells, max_size=9), max_size=5)
)
def test_any_table_gets_a_verdict_a_row(header, rows):
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    numbers = [verdict.number for verdict in check(text.getvalue().encode("utf-8", "replace"))]
    assert numbers == sorted(set(numbers))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=80)
    | st.tuples(
        st.sampled_from([b"Year,Headline\n", b'{"events":[', b"title,date\n", b"\xff\xfe"]),
        st.binary(max_size=80),
    ).map(b"".join)
)  # fmt: skip
def test_any_bytes_get_verdicts_or_a_reason(content):
    check(content)
