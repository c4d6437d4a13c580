"""PDF files read as a reader reads them: columns, paragraphs, pages; what can't be read is named."""

from datetime import date, datetime

import pytest
from fpdf import FPDF
from PIL import Image

from timeline.documents import Document, Failure, formats, pdf

DAY = date(2000, 1, 1)
HEADLINE = "Kenyans vote on a new constitution"
VOTERS = (
    "Voters in Kenya went to the polls on 4 August 2010 to decide on a new constitution, which would limit "
    "the powers of the president. The electoral commission said that turnout was high throughout the country."
)
POLICE = (
    "Opposition leaders called the referendum a turning point. Police arrested 14 people in Nairobi on "
    "Tuesday after a protest against the draft, which church leaders have opposed."
)


class Report(FPDF):
    """Pages with a head and a number, as reports have them."""

    def header(self) -> None:
        self.set_font("helvetica", "I", 8)
        self.cell(0, 8, "The Daily Example - Special report", align="C", new_x="LMARGIN", new_y="NEXT")

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font("helvetica", "I", 8)
        self.cell(0, 10, f"Page {self.page_no()} of 3", align="C")


def begun(kind: type[FPDF] = FPDF, dateline: str = "Nairobi, 5 August 2010") -> FPDF:
    made = kind()
    made.add_page()
    made.set_font("helvetica", "B", 20)
    made.multi_cell(0, 10, HEADLINE, new_x="LMARGIN", new_y="NEXT")
    made.set_font("times", "", 11)
    made.cell(0, 8, dateline, new_x="LMARGIN", new_y="NEXT")
    made.ln(3)
    return made


def lines(*texts: str) -> bytes:
    """A file of these lines, the first of them a headline."""
    made = FPDF()
    made.add_page()
    made.set_font("times", "", 11)
    for text in texts:
        made.cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def read(content: bytes, name: str = "a.pdf", published: date | None = DAY) -> Document | Failure:
    (item,) = formats.parse(formats.FORMATS[".pdf"], content, name, published)
    return item


def document(content: bytes, name: str = "a.pdf") -> Document:
    item = read(content, name)
    assert isinstance(item, Document), item
    return item


@pytest.mark.parametrize(("height", "gap"), [(6, 4), (11, 9)], ids=["single-spaced", "double-spaced"])
def test_paragraphs_of_several_pages(height: float, gap: float) -> None:
    made = begun(Report)
    for number in range(8):
        for text in (f"({number}) {VOTERS}", POLICE):
            made.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT")
            made.ln(gap)
    found = document(bytes(made.output()))
    told = [text for number in range(8) for text in (f"({number}) {VOTERS}", POLICE)]
    # Heads and numbers of pages are gone, and paragraphs that a page breaks are whole.
    assert found.text.split("\n\n") == [HEADLINE, "Nairobi, 5 August 2010", *told]
    assert found.published == date(2010, 8, 5)
    assert found.places[0] == (0, "page", 1)
    assert [place.number for place in found.places] == list(range(1, made.page_no() + 1))
    assert all(found.text[place.start].strip() for place in found.places)


def test_paragraphs_that_are_set_in() -> None:
    made = begun()
    for text in (VOTERS, POLICE, VOTERS):
        made.multi_cell(0, 6, f"      {text}", new_x="LMARGIN", new_y="NEXT", align="L")
    assert document(bytes(made.output())).text.split("\n\n")[2:] == [VOTERS, POLICE, VOTERS]


def test_columns_are_read_one_after_the_other() -> None:
    made = begun(Report)
    told = [text for number in range(16) for text in (f"({number}) {VOTERS}", POLICE)]
    with made.text_columns(ncols=2, gutter=8, text_align="L") as columns:
        for text in told:
            columns.write(f"{text}\n\n")
    found = document(bytes(made.output()))
    assert made.page_no() == 2
    assert found.text.split("\n\n")[2:] == told


def test_words_that_a_line_breaks() -> None:
    found = document(
        lines(
            "Nairobi votes",
            "",
            "The government said that the refer-",  # no word of its own: whole
            "endum would be held in August, and that the pro-",  # a prefix: kept
            "government side would win the referendum easily. The long-",  # both are words here: kept
            "awaited vote was long and much awaited by all who live in the coun-",  # whole elsewhere
            "try. The country is divided.",
        )
    )
    assert found.text.split("\n\n")[1] == (
        "The government said that the referendum would be held in August, and that the pro-government side "
        "would win the referendum easily. The long-awaited vote was long and much awaited by all who live in "
        "the country. The country is divided."
    )


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("", HEADLINE),  # what is printed largest
        (HEADLINE, HEADLINE),
        ("Microsoft Word - draft_3.doc", HEADLINE),
        ("A title of the template", HEADLINE),  # it stands nowhere
        ("Nairobi, 5 August 2010", "Nairobi, 5 August 2010"),  # it is printed on the first page
    ],
)
def test_headlines(title: str, headline: str) -> None:
    made = begun()
    made.set_title(title)
    made.multi_cell(0, 6, VOTERS)
    found = document(bytes(made.output()))
    assert found.headline == headline
    assert found.text.count(headline) == 1


@pytest.mark.parametrize(
    ("line", "name", "published"),
    [
        ("Nairobi, 5 August 2010", "a.pdf", date(2010, 8, 5)),
        ("Published on 5 August 2010", "a.pdf", date(2010, 8, 5)),
        ("5 August 2010 (Agency) - " + VOTERS, "a.pdf", date(2010, 8, 5)),
        # What the file is called is what somebody has decided.
        ("Nairobi, 5 August 2010", "folder/2010-08-06 Vote.pdf", date(2010, 8, 6)),
        # A heading that tells of the day, and doesn't bear it.
        ("All about the vote of 4 August 2010", "a.pdf", DAY),
        ("No date at all", "a.pdf", DAY),
    ],
)
def test_dates(line: str, name: str, published: date) -> None:
    assert document(lines("Kenya votes", "", line, "", VOTERS[:80]), name).published == published


def test_the_day_on_which_a_file_was_made_is_no_date_of_publication() -> None:
    made = FPDF()
    made.set_creation_date(datetime(2020, 1, 2))  # noqa: DTZ001
    made.add_page()
    made.set_font("times", "", 11)
    made.cell(0, 5, "Kenya votes")
    failure = read(bytes(made.output()), published=None)
    assert isinstance(failure, Failure)
    assert "made on 2020-01-02, which may be another day" in failure.reason
    assert "--published" in failure.mend


def test_a_scan_is_named_with_the_mend() -> None:
    made = FPDF()
    made.add_page()
    made.image(Image.new("RGB", (100, 100), "red"))
    failure = read(bytes(made.output()))
    assert isinstance(failure, Failure)
    assert "no text layer" in failure.reason
    assert "ocrmypdf" in failure.mend


@pytest.mark.parametrize("password", [None, "secret"])
def test_passwords(password: str | None) -> None:
    made = FPDF()
    made.set_encryption(owner_password="owner", user_password=password)  # noqa: S106
    made.add_page()
    made.set_font("times", "", 11)
    made.cell(0, 5, "Kenya votes")
    item = read(bytes(made.output()))
    if password:
        assert isinstance(item, Failure)
        assert "locked with a password" in item.reason
    else:  # one that only its owner may change can be read
        assert isinstance(item, Document)


@pytest.mark.parametrize("part", [0.01, 0.3, 0.9, 0.99])
def test_what_is_broken_off_is_named_or_read(part: float) -> None:
    made = begun(Report)
    made.multi_cell(0, 6, VOTERS * 30)
    content = bytes(made.output())
    assert read(content[: int(len(content) * part)])


def test_more_pages_than_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAXIMUM_PAGES", 2)
    made = begun()
    made.multi_cell(0, 6, VOTERS * 60)
    failure = read(bytes(made.output()))
    assert isinstance(failure, Failure)
    assert "over 2 pages" in failure.reason


def test_a_stream_that_unpacks_to_more_text_than_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAXIMUM_BYTES", 1000)
    made = begun()
    made.multi_cell(0, 6, VOTERS * 10)
    failure = read(bytes(made.output()))
    assert isinstance(failure, Failure)
    assert "over 5 MB" in failure.reason
