"""Word documents: what a reader of the finished text sees, and nothing that unpacks to no end."""

import zipfile
from datetime import date, datetime
from io import BytesIO

import docx
import pytest
from docx.document import Document as Word
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from timeline.documents import Document, Failure, formats

DAY = date(2000, 1, 1)


def packed(word: Word) -> bytes:
    file = BytesIO()
    word.save(file)
    return file.getvalue()


def read(content: bytes, name: str = "a.docx", published: date | None = DAY) -> Document | Failure:
    (item,) = formats.parse(formats.FORMATS[".docx"], content, name, published)
    return item


def document(word: Word) -> Document:
    item = read(packed(word))
    assert isinstance(item, Document), item
    return item


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The package with one of its parts put in place of another."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, part if each == name else old.read(each))
    return file.getvalue()


def test_paragraphs_headings_and_tables_in_order() -> None:
    word = docx.Document()
    word.add_paragraph("The Daily Example")
    word.add_paragraph("")
    word.add_heading("Kenya votes", 0)
    word.add_paragraph("5 August 2010")
    table = word.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Turnout", "72 per cent"
    word.add_heading("What comes next", 2)
    word.add_paragraph("A new\tparliament.")
    found = document(word)
    assert found.headline == "Kenya votes"
    assert found.published == date(2010, 8, 5)
    assert found.text.split("\n\n") == [
        "Kenya votes", "The Daily Example", "5 August 2010", "Turnout", "72 per cent", "What comes next",
        "A new parliament.",
    ]  # fmt: skip
    # Numbered as they stand in the file, where the headline is the second.
    assert [(found.text[place.start :].partition("\n")[0], place.number) for place in found.places][:3] == [
        ("Kenya votes", 2),
        ("The Daily Example", 1),
        ("5 August 2010", 3),
    ]


def test_changes_are_taken_as_accepted() -> None:
    word = docx.Document()
    word.add_paragraph("Kenya votes")
    word.element.body.insert(
        1,
        parse_xml(
            f"<w:p {nsdecls('w')}><w:r><w:t>They voted </w:t></w:r>"
            '<w:del w:id="1" w:author="A"><w:r><w:delText>against</w:delText></w:r></w:del>'
            '<w:ins w:id="2" w:author="A"><w:r><w:t>for</w:t></w:r></w:ins>'
            '<w:moveFrom w:id="3" w:author="A"><w:r><w:t>gone</w:t></w:r></w:moveFrom>'
            "<w:r><w:t> it.</w:t></w:r></w:p>"
        ),
    )
    assert document(word).text == "Kenya votes\n\nThey voted for it."


def test_the_title_of_the_properties_is_the_headline_if_it_is_written() -> None:
    word = docx.Document()
    word.core_properties.title = "kenya  votes"
    for text in ("Special report", "Kenya votes", "The text."):
        word.add_paragraph(text)
    assert document(word).headline == "Kenya votes"
    word.core_properties.title = "A template"
    assert document(word).headline == "Special report"


def test_the_day_on_which_a_file_was_made_is_no_date_of_publication() -> None:
    word = docx.Document()
    word.core_properties.created = datetime(2020, 1, 2)  # noqa: DTZ001
    word.add_paragraph("Kenya votes")
    failure = read(packed(word), published=None)
    assert isinstance(failure, Failure)
    assert "made on 2020-01-02" in failure.reason
    assert "2021-09-28 Headline" in failure.mend
    dated = read(packed(word), "2021-09-28 Kenya.docx", None)
    assert isinstance(dated, Document)
    assert dated.published == date(2021, 9, 28)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "locked with a password"),
        (b"PK\x03\x04 broken", "no Word file"),
        (b"plain text", "no Word file"),
        (packed(docx.Document()), "no text"),
        (packed(docx.Document())[:2000], "no Word file"),
    ],
    ids=["encrypted", "broken", "text", "empty", "truncated"],
)
def test_bad_files_are_named(content: bytes, reason: str) -> None:
    failure = read(content)
    assert isinstance(failure, Failure)
    assert reason in failure.reason
    assert failure.mend


def test_a_package_that_unpacks_to_no_end() -> None:
    bomb = with_part(packed(docx.Document()), "word/styles.xml", b" " * 201_000_000)
    assert len(bomb) < 1_000_000
    failure = read(bomb)
    assert isinstance(failure, Failure)
    assert "unpacks to over 200 MB" in failure.reason


def test_entities_are_not_unfolded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    part = (
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        f"<w:document {nsdecls('w')}><w:body><w:p><w:r><w:t>Kenya votes &l11;&f;</w:t></w:r></w:p>"
        "</w:body></w:document>"
    )
    item = read(with_part(packed(docx.Document()), "word/document.xml", part.encode()))
    assert isinstance(item, Failure) or len(item.text) < 100
    assert "root:" not in str(item)
