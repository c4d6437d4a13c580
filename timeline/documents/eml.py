"""Mails as files, `.eml`: the mail itself, and the articles that are attached to it.

Nothing is fetched: pictures and pages that a mail links to stay where they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from email.headerregistry import AddressHeader, DateHeader
from email.message import EmailMessage, MIMEPart
from pathlib import PurePath

from timeline.documents import forwarding
from timeline.documents.document import (
    MAXIMUM_BYTES,
    MAXIMUM_PUBLISHER,
    Document,
    Failure,
    Place,
    Unreadable,
    clean,
    composed,
)
from timeline.documents.formats import FORMATS, HTML, format_of
from timeline.documents.formats import parse as parse_file
from timeline.documents.forwarding import Forwarded, Paragraph

MAIL = "message/rfc822"
DEPTH = 5  # mails within mails
ATTACHMENTS = 100
# Of a mail, but no articles: pictures, sounds, signatures, invitations.
NO_ARTICLES = ("image/", "audio/", "video/", "text/calendar", "text/vcard", "application/pgp-signature",
               "application/pkcs7-signature", "application/x-pkcs7-signature")  # fmt: skip
MEND_DATE = "Pass --published."


def parse(
    content: bytes, name: str, published: date | None = None, depth: int = 0
) -> Iterator[Document | Failure]:
    """The mail, if it has a text, and what is attached to it; raises Unreadable."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 (for the type checker)
    if not message.keys():
        raise Unreadable("It has none of the headers of a mail.", "Save the mail as .eml again.")
    attached = list(_attached(message, name, _sent(message) or published, depth))
    try:
        yield from _mail(message, name, published)
    except Unreadable as error:
        # A mail may be no more than the envelope of what is attached.
        if not any(isinstance(item, Document) for item in attached):
            yield Failure(name, error.reason, error.mend)
    yield from attached


def _mail(message: EmailMessage, name: str, published: date | None) -> list[Document | Failure]:
    """The mail's own words, if there are any, and what it passes on below them; raises Unreadable."""
    day = _sent(message) or published
    if day is None:
        raise Unreadable("It has no date.", MEND_DATE)
    subject = " ".join(_header(message, "subject").split())
    own, forwarded = forwarding.split(subject, _paragraphs(message, name, day))
    told: list[Document | Failure] = []
    if own or not forwarded:
        told.append(_document(name, subject, own, day, _sender(message)))
    for number, mail in enumerate(forwarded, 1):
        # Where a mail is no more than the envelope, what it passes on is the document.
        record = "" if not told else "forwarded" if number == 1 else f"forwarded {number}"
        told.append(_passed_on(mail, name, record))
    return told


def _passed_on(mail: Forwarded, name: str, record: str) -> Document | Failure:
    location = f"{name}#{record}" if record else name
    if mail.day is None:
        return Failure(
            location,
            f"It passes on a text whose date “{mail.sent[:80]}” can’t be told.",
            "Save that text as .txt with the day that it was published on.",
        )
    try:
        return _document(
            name, mail.subject, mail.paragraphs, mail.day, mail.sender[:MAXIMUM_PUBLISHER], record
        )
    except Unreadable as error:
        return Failure(location, error.reason, error.mend)


def _document(
    name: str, subject: str, paragraphs: Sequence[Paragraph], day: date, sender: str, record: str = ""
) -> Document:
    if not subject and paragraphs:
        subject, paragraphs = paragraphs[0][1], paragraphs[1:]
    if not paragraphs:
        raise Unreadable("It has no text.", "Save what it shows as .txt.")
    places, start = [], 0
    for number, paragraph in paragraphs:
        places.append(Place(start, "paragraph", number))
        start += len(paragraph) + 2
    body = "\n\n".join(words for _, words in paragraphs)
    return composed(name, clean(subject), body, day, publisher=sender, record=record, places=places)


def _header(message: EmailMessage, name: str) -> str:
    # What was written in another encoding than it says comes with half characters.
    return str(message.get(name, "")).encode("utf-8", "replace").decode().replace("\0", "")


def _sent(message: EmailMessage) -> date | None:
    """The day that the mail was sent, where its sender was."""
    header = message.get("date")
    return header.datetime.date() if isinstance(header, DateHeader) and header.datetime else None


def _sender(message: EmailMessage) -> str:
    """The sender's name, else where the mail comes from; an address of a person is nobody's business."""
    header = message.get("from")
    if not isinstance(header, AddressHeader) or not header.addresses:
        return ""
    sender = header.addresses[0]
    name = (sender.display_name or sender.domain).encode("utf-8", "replace").decode()
    return " ".join(name.replace("\0", "").split())[:MAXIMUM_PUBLISHER]


def _paragraphs(message: EmailMessage, name: str, day: date) -> list[str]:
    """The text of the mail, plain if it has it so; none where it has no text."""
    body = message.get_body(("plain", "html"))
    if body is None:
        return []
    if body.get_content_type() == "text/plain":
        text = _flowed(body, clean(_decoded(body).replace("\0", "")))
        if len(text) > MAXIMUM_BYTES:
            raise Unreadable("Its text is over 5 MB.", "Split it.")
        if text.strip():
            return _cut(text)
        body = message.get_body(("html",))
        if body is None:
            return []
    (page,) = parse_file(HTML, _decoded(body).encode("utf-8", "replace"), name, day)
    if isinstance(page, Failure):
        raise Unreadable(page.reason, page.mend)
    return _cut(page.text)


def _cut(text: str) -> list[str]:
    """Paragraphs: what stands between blank lines."""
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.strip():
            paragraphs[-1].append(line.rstrip())
        elif paragraphs[-1]:
            paragraphs.append([])
    return ["\n".join(lines).strip() for lines in paragraphs if lines]


def _flowed(part: MIMEPart, text: str) -> str:
    """The text with lines joined that RFC 3676 says were broken for the way only."""
    parameters = part["content-type"].params if part["content-type"] else {}
    if str(parameters.get("format", "")).lower() != "flowed":
        return text
    lines: list[str] = []
    flows = False
    for line in text.split("\n"):
        if flows and not line.startswith(">"):
            lines[-1] += line
        else:
            lines.append(line.removeprefix(" "))
        flows = line.endswith(" ") and line != "-- "
    return "\n".join(lines)


def _decoded(part: MIMEPart) -> str:
    """The words of a part, by the encoding that it names, else by UTF-8, else by that of old mails."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    for encoding in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            return content.decode(encoding)
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _attached(
    message: EmailMessage, name: str, published: date | None, depth: int
) -> Iterator[Document | Failure]:
    taken: set[str] = set()
    for number, part in enumerate(_attachments(message), 1):
        if number > ATTACHMENTS:
            yield Failure(
                f"{name}#…",
                f"It has over {ATTACHMENTS} attachments.",
                "Save the others as files by themselves.",
            )
            return
        called = _free(_name_of(part, number), taken)
        for item in _read(part, called, published, depth):
            # Names of attachments within a mail that is attached follow its own.
            if isinstance(item, Document):
                record = f"{called}/{item.record}" if item.record else called
                yield replace(item, path=name, record=record)
            else:
                inner = item.location.removeprefix(called)
                yield Failure(f"{name}#{called}{inner.replace('#', '/')}", item.reason, item.mend)


def _attachments(message: EmailMessage) -> Iterator[EmailMessage]:
    if not message.is_multipart():
        return
    for part in message.iter_attachments():
        named = bool(part.get_filename()) or part.get_content_type() == MAIL
        if isinstance(part, EmailMessage) and named and not part.get_content_type().startswith(NO_ARTICLES):
            yield part


def _read(
    part: EmailMessage, called: str, published: date | None, depth: int
) -> Iterable[Document | Failure]:
    if part.get_content_type() == MAIL:
        if depth >= DEPTH:
            return [Failure(called, f"It is over {DEPTH} mails deep.", "Save it by itself.")]
        inner = part.get_payload(0)
        content = inner.as_bytes(policy=policy.default) if isinstance(inner, EmailMessage) else b""
        try:
            return list(parse(content, called, published, depth + 1))
        except Unreadable as error:
            return [Failure(called, error.reason, error.mend)]
    kind = format_of(called)
    if kind is None or kind is FORMATS[".eml"]:
        return [
            Failure(
                called,
                "This kind of attachment is not read.",
                "Save it as .pdf, .docx or .txt, and load that.",
            )
        ]
    attached = part.get_payload(decode=True)
    return parse_file(kind, attached if isinstance(attached, bytes) else b"", called, published)


def _name_of(part: EmailMessage, number: int) -> str:
    given = (part.get_filename() or "").encode("utf-8", "replace").decode()
    name = "".join(letter for letter in PurePath(given.replace("\\", "/")).name if letter.isprintable())
    if part.get_content_type() == MAIL:
        return name or f"mail {number}.eml"
    return name or f"attachment {number}"


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number where another attachment has it already."""
    path = PurePath(name)
    free, number = name, 2
    while free in taken:
        free, number = f"{path.stem} ({number}){path.suffix}", number + 1
    taken.add(free)
    return free
