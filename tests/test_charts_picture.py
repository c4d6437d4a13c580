"""The chart and an event as pictures: what is drawn where, the same every time, whatever the letters."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageColor, ImageFont

from tests.test_charts_bins import LANES, told
from timeline import charts
from timeline.charts import lettering
from timeline.charts.picture import HEIGHT, PAPER, WIDTH
from timeline.models import Kind, Status

SCRIPTS = "Кі́еў Αθήνα العربية עברית 中文 한국어 ไทย हिन्दी Łódź İstanbul 🗳️ \u202eabc\u0000\ufffe \ud800"


def dot(pk: int = 1, **fields: Any) -> charts.Dot:
    fields = {
        "kind": "protest",
        "title": "A",
        "date": "2020-08-09",
        "status": "occurred",
        "disputed": False,
        **fields,
    }
    return charts.Dot(pk, country="BY", **fields)


def drawn(*dots: charts.Dot, title: str = "Title", note: str = "Note") -> bytes:
    return charts.picture(charts.marks(dots, charts.lanes_by("kind", dots)), title, note)


def colours(png: bytes) -> set[tuple[int, int, int]]:
    with Image.open(BytesIO(png)) as picture:
        assert picture.size == (WIDTH, HEIGHT)
        return {colour for _, colour in picture.getcolors(WIDTH * HEIGHT) or []}


@pytest.fixture(params=["of the system", "built in"], autouse=True)
def letters(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """With the machine's font, if it has it, and with the one that is always there."""
    if request.param == "built in":
        monkeypatch.setattr(lettering, "FONT", "no such font.ttf")
    kept = (lettering.font, lettering._letter, lettering._has)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


@pytest.mark.parametrize("kind", Kind.values)
def test_a_mark_has_its_colour(kind: str) -> None:
    assert ImageColor.getrgb(charts.COLOURS[kind]) in colours(drawn(dot(kind=kind)))
    assert ImageColor.getrgb(charts.COLOURS[kind]) not in colours(drawn())


def test_every_look_differs() -> None:
    looks = [dot(status=status, disputed=disputed) for status in Status.values for disputed in (False, True)]
    looks += [dot(date=date) for date in ("2020", "../2020-08-09", "2020-08-09/..")]
    # Planned and proposed look alike.
    assert len({drawn(look) for look in looks}) == len(looks) - 2


def test_it_is_the_same_every_time() -> None:
    dots = [dot(key, kind=kind, date=f"20{key:02}") for key, kind in enumerate(Kind.values, 10)]
    assert drawn(*dots) == drawn(*dots)


def test_marks_stand_where_their_dates_are() -> None:
    png = drawn(dot(1, date="2000-01-01"), dot(2, date="2020-01-01", kind="election"))
    with Image.open(BytesIO(png)) as picture:
        whole = picture.convert("RGB")
        places = {
            kind: [
                x
                for x in range(WIDTH)
                for y in range(150, HEIGHT, 3)
                if whole.getpixel((x, y)) == ImageColor.getrgb(charts.COLOURS[kind])
            ]
            for kind in ("protest", "election")
        }
    assert max(places["protest"]) < 120
    assert min(places["election"]) > WIDTH - 120


@pytest.mark.parametrize("text", ["", SCRIPTS, "x" * 5000, "wide " * 500, "\n\t\r"], ids=len)
def test_any_text_can_be_drawn(text: str) -> None:
    assert ImageColor.getrgb(PAPER) in colours(drawn(dot(), title=text, note=text))
    words = {"facts": text, "title": text, "quote": text, "source": text, "site": text}
    assert colours(charts.card(kind="protest", status="cancelled", disputed=True, **words))


def test_nothing_is_written_over_the_edge() -> None:
    for size in (20, 48):
        for line in lettering.lines("Wide words " * 80 + "W" * 300, size, 500, 3):
            assert lettering.font(size).getlength(line) <= 500


def test_letters_that_the_font_has_not_are_made_simpler(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lettering.drawable("Minsk 2020") == "Minsk 2020"
    assert isinstance(lettering.font(20), ImageFont.FreeTypeFont)
    monkeypatch.setattr(lettering, "_has", str.isascii)
    assert lettering.drawable("Łódź – “é”, 中") == 'Lodz - "e", ?'


def test_a_line_shows_nothing_that_turns_or_ends_it() -> None:
    assert charts.line("a\u202eb\x00c\nd\u2028e  f", 50) == "a b c d e f"
    assert charts.line("می‌خواهم", 50) == "می‌خواهم"  # spelt with a joiner
    assert charts.line("one two three", 8) == "one two…"


def test_many_events_are_counted_in_bars() -> None:
    rows = [("2020-02-03", "occurred"), ("2020", "occurred"), ("2020-02-03", "planned")]
    chart = charts.bins(told(*rows), LANES)
    assert len(colours(charts.picture(chart, "Many", ""))) > len(colours(drawn()))
