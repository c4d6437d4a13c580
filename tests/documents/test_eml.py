"""Mails: the day in the sender's own zone, the plain text first, and attached articles on their own."""

from datetime import date
from email.message import EmailMessage
from io import BytesIO

import docx
import pytest
from fpdf import FPDF

from timeline.documents import Document, Failure, eml, formats, read_bytes

TEXT = "Police in Minsk detained 40 people.\n\nThe march went on."


def mail(text: str | None = TEXT, **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {
        "Subject": "March in Minsk",
        "From": "The Daily Example <news@paper.example>",
        "Date": "Mon, 10 Aug 2020 00:30:00 +0300",
        **headers,
    }
    for name, value in given.items():
        if value:
            message[name] = value
    if text is not None:
        message.set_content(text)
    return message


def read(message: EmailMessage | bytes, published: date | None = None) -> list[Document | Failure]:
    content = message if isinstance(message, bytes) else message.as_bytes()
    return formats.parse(formats.FORMATS[".eml"], content, "a.eml", published)


def one(message: EmailMessage | bytes) -> Document:
    (item,) = read(message)
    assert isinstance(item, Document), item
    return item


def pdf(text: str = "Kenya votes") -> bytes:
    made = FPDF()
    made.add_page()
    made.set_font("times", "", 11)
    for line in (text, "", "Nairobi, 5 August 2010"):
        made.cell(0, 5, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def word() -> bytes:
    file, made = BytesIO(), docx.Document()
    made.add_paragraph("Belarus votes")
    made.save(file)
    return file.getvalue()


def test_a_mail() -> None:
    found = one(mail())
    assert (found.headline, found.publisher, found.record) == ("March in Minsk", "The Daily Example", "")
    # Where it was sent, it was the tenth already.
    assert found.published == date(2020, 8, 10)
    assert found.text == f"March in Minsk\n\n{TEXT}"
    assert [(found.text[place.start :][:6], place.number) for place in found.places] == [
        ("Police", 1),
        ("The ma", 2),
    ]


def test_headers_and_texts_in_other_encodings() -> None:
    raw = (
        b"Subject: =?koi8-r?B?7cnO08s=?= =?utf-8?q?_=E2=80=93_vote?=\r\n"
        b"From: =?utf-8?b?0JHQtdC70KLQkA==?= <a@b.example>\r\nDate: Mon, 10 Aug 2020 12:00:00 +0000\r\n"
        b'Content-Type: text/plain; charset="windows-1251"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'
        + "Минск голосует.".encode("cp1251")
    )
    found = one(raw)
    assert (found.headline, found.publisher) == ("Минск – vote", "БелТА")
    assert found.text.endswith("Минск голосует.")


@pytest.mark.parametrize("charset", ["no-such-charset", "us-ascii", "utf-8"])
def test_a_text_in_no_encoding_that_it_names(charset: str) -> None:
    raw = mail(None).as_bytes().rstrip() + f"\nContent-Type: text/plain; charset={charset}\n\n".encode()
    assert one(raw + b"Caf\xe9 closed.").text.endswith("Café closed.")


def test_lines_that_flow_are_joined() -> None:
    message = mail(None)
    message.set_content("Police detained \nforty people.\n\n-- \nThe desk", params={"format": "flowed"})
    assert "Police detained forty people." in one(message).text


def test_a_mail_that_is_a_page() -> None:
    message = mail(None)
    paragraph = "<p>Voters went to the polls on Sunday in all parts of the country, the commission said.</p>"
    message.set_content(f"<html><body><article><h1>Vote</h1>{paragraph * 3}</article></body></html>", "html")
    assert "Voters went to the polls" in one(message).text


def test_the_plain_text_is_preferred() -> None:
    message = mail()
    message.add_alternative("<p>Another text</p>", "html")
    assert one(message).text == f"March in Minsk\n\n{TEXT}"


GMAIL = """---------- Forwarded message ---------
From: The Daily Example <news@paper.example>
Date: Mon, Aug 3, 2020 at 9:12 AM
Subject: Police in Minsk
To: A reader <a@example.org>


Police detained 40 people on Sunday.
"""
OUTLOOK = """From: The Daily Example <news@paper.example>
Sent: Monday, 3 August 2020 09:12
To: A reader <a@example.org>
Subject: Police in Minsk

Police detained 40 people on Sunday.
"""
APPLE = """Begin forwarded message:

From: The Daily Example <news@paper.example>
Subject: Police in Minsk
Date: 3 August 2020 at 09:12:00 BST
To: A reader <a@example.org>

Police detained 40 people on Sunday.
"""


@pytest.mark.parametrize("body", [GMAIL, OUTLOOK, APPLE], ids=["gmail", "outlook", "apple"])
def test_what_is_passed_on_has_its_own_day(body: str) -> None:
    """“On Sunday” is the one before it was written, whenever it was passed on."""
    found = one(mail(body, Subject="Fwd: Police in Minsk", From="A reader <a@example.org>"))
    assert (found.headline, found.publisher) == ("Police in Minsk", "The Daily Example")
    assert (found.published, found.record) == (date(2020, 8, 3), "")
    assert found.text == "Police in Minsk\n\nPolice detained 40 people on Sunday."


def test_words_above_what_is_passed_on_are_a_mail_of_their_own() -> None:
    own, passed_on = read(mail(f"Please look at this.\n\n{GMAIL}", Subject="FW: Police"))
    assert isinstance(own, Document)
    assert isinstance(passed_on, Document)
    assert (own.text, own.published, own.record) == (
        "FW: Police\n\nPlease look at this.",
        date(2020, 8, 10),
        "",
    )
    assert (passed_on.published, passed_on.record) == (date(2020, 8, 3), "forwarded")
    assert [place.number for place in passed_on.places] == [3]


def test_a_mail_passed_on_twice() -> None:
    body = GMAIL.replace("3, 2020", "5, 2020").replace("Police detained", f"{OUTLOOK}\nPolice detained")
    found = one(mail(body, Subject="Fwd: Police"))
    assert found.text.startswith("Police in Minsk\n\nPolice detained 40")
    assert found.published == date(2020, 8, 3)


def test_a_day_that_could_be_another_is_not_guessed() -> None:
    (failure,) = read(mail(OUTLOOK.replace("Monday, 3 August 2020", "03/08/2020"), Subject="WG: Police"))
    assert isinstance(failure, Failure)
    assert failure.reason == "It passes on a text whose date “03/08/2020 09:12” can’t be told."


def test_a_reply_is_one_mail_with_what_it_quotes() -> None:
    found = one(mail(f"I saw it.\n\n-----Original Message-----\n{OUTLOOK}", Subject="Re: Police in Minsk"))
    assert found.published == date(2020, 8, 10)
    assert "Sent: Monday" in found.text


def test_attached_articles() -> None:
    message = mail("See the articles.")
    message.add_attachment(pdf(), "application", "pdf", filename="vote.pdf")
    message.add_attachment(word(), "application", "octet-stream", filename="vote.docx")
    message.add_attachment(pdf("Again"), "application", "pdf", filename="../vote.pdf")
    message.add_attachment(b"\x89PNG", "image", "png", filename="logo.png")
    message.add_attachment(b"PK", "application", "zip", filename="more.zip")
    found = read(message)
    assert [(item.location, getattr(item, "headline", "")) for item in found] == [
        ("a.eml", "March in Minsk"),
        ("a.eml#vote.pdf", "Kenya votes"),
        ("a.eml#vote.docx", "Belarus votes"),
        ("a.eml#vote (2).pdf", "Again"),
        ("a.eml#more.zip", ""),
    ]
    # Its own date, else that of the mail.
    assert [item.published for item in found if isinstance(item, Document)] == [
        date(2020, 8, 10), date(2010, 8, 5), date(2020, 8, 10), date(2010, 8, 5)
    ]  # fmt: skip
    assert isinstance(found[-1], Failure)
    assert "not read" in found[-1].reason


def test_a_mail_that_is_only_an_envelope() -> None:
    message = mail("")
    message.add_attachment(pdf(), "application", "pdf", filename="vote.pdf")
    assert [item.location for item in read(message)] == ["a.eml#vote.pdf"]


def test_mails_within_mails() -> None:
    inner = mail("The inner text.", Subject="Inner")
    inner.add_attachment(pdf(), "application", "pdf", filename="vote.pdf")
    outer = mail("The outer text.")
    outer.add_attachment(inner)
    assert [item.location for item in read(outer)] == [
        "a.eml",
        "a.eml#mail 1.eml",
        "a.eml#mail 1.eml/vote.pdf",
    ]


def test_mails_that_are_too_deep() -> None:
    message = mail()
    for _ in range(eml.DEPTH + 2):
        outer = mail("More.")
        outer.add_attachment(message)
        message = outer
    assert "mails deep" in str(read(message)[-1])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"no headers here", "headers"),
        (mail(Date="").as_bytes(), "no date"),
        (mail(Date="some day").as_bytes(), "no date"),
        (mail("").as_bytes(), "no text"),
        (mail().as_bytes() + b"\0" * 10, ""),
    ],
    ids=["empty", "no-mail", "undated", "wrong-date", "textless", "null-bytes"],
)
def test_bad_mails(content: bytes, reason: str) -> None:
    (item,) = read(content)
    assert (reason in item.reason) if isinstance(item, Failure) else not reason


def test_an_undated_mail_takes_the_date_that_is_given() -> None:
    (item,) = read(mail(Date=""), date(2000, 1, 1))
    assert isinstance(item, Document)
    assert item.published == date(2000, 1, 1)


def test_a_mail_of_more_text_than_there_is_room_for() -> None:
    (failure,) = read_bytes(mail("word " * 500).as_bytes(), "a.eml", most=1000)
    assert isinstance(failure, Failure)
    assert "more text" in failure.reason
