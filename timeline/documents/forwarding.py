"""What a mail passes on below its own words, as mail programs write it: a mail of an earlier day."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr

from timeline.documents.datelines import MONTHS, day_in

Paragraph = tuple[int, str]  # its number in the mail, and its words

_SUBJECT = re.compile(r"\s*(?:Fwd?|FW|WG|TR|RV|I)\s*:\s*", re.IGNORECASE)
_MARK = re.compile(r"[-_*\s]*(?:begin )?forwarded message[-_*:\s]*\Z", re.IGNORECASE)
_HEADER = re.compile(r"\*?(From|Date|Sent|Subject|To|Cc|Reply-To)\s*:\*?\s*(.*)", re.IGNORECASE)
_SHORT = re.compile(r"\b(" + "|".join(month[:3] for month in MONTHS) + r")\b\.?", re.IGNORECASE)
_WHOLE = {month[:3]: month for month in MONTHS}


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail within a mail: `sent` stands there for its day, `day` is None where that can't be read."""

    subject: str
    sender: str
    sent: str
    day: date | None
    paragraphs: tuple[Paragraph, ...]


def split(subject: str, paragraphs: Sequence[str]) -> tuple[list[Paragraph], list[Forwarded]]:
    """The mail's own paragraphs, and the mails that it passes on; a quoted reply is the mail's own."""
    numbered = list(enumerate(paragraphs, 1))
    is_forwarding = bool(_SUBJECT.match(subject)) or any(map(_is_marked, paragraphs))
    heads = [(place, head) for place, words in enumerate(paragraphs) if (head := _headers(words))]
    if not is_forwarding or not heads:
        return numbered, []
    ends = [place for place, _ in heads[1:]] + [len(paragraphs)]
    own = [one for one in numbered[: heads[0][0]] if not _MARK.match(one[1])]
    mails = [
        _forwarded(head, subject, numbered[place + 1 : end])
        for (place, head), end in zip(heads, ends, strict=True)
    ]
    # One that has no words of its own was passed on in its turn.
    return own, [mail for mail in mails if mail.paragraphs] or mails[-1:]


def _without_mark(subject: str) -> str:
    """The subject without what says that it is passed on."""
    while match := _SUBJECT.match(subject):
        subject = subject[match.end() :]
    return subject


def _is_marked(paragraph: str) -> bool:
    return bool(_MARK.match(paragraph.partition("\n")[0]))


def _headers(paragraph: str) -> dict[str, str]:
    """The headers that a paragraph is made of, below a mark that may stand there; none of another."""
    lines = [line.strip() for line in paragraph.split("\n")]
    if _MARK.match(lines[0]) or lines[0].strip("-_ ").casefold() == "original message":
        lines = lines[1:]
    found = dict(_named(lines))
    return found if "from" in found and "sent" in found else {}


def _named(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Name and value of each, a value's later lines joined to it; nothing once a line is no header's."""
    name, value = "", ""
    for line in lines:
        if match := _HEADER.match(line):
            if name:
                yield name, value
            name, value = match[1].casefold().replace("date", "sent"), match[2]
        elif name:
            value = f"{value} {line}"
        else:
            return
    if name:
        yield name, value


def _forwarded(headers: dict[str, str], outer: str, paragraphs: Sequence[Paragraph]) -> Forwarded:
    """The mail below its headers; `outer` is the subject of what it came in."""
    name, address = parseaddr(headers["from"].replace("[mailto:", "<").replace("]", ">"))
    sender = name or address.rpartition("@")[2]
    sent = _SHORT.sub(lambda match: _WHOLE[match[1].lower()], headers["sent"])
    found = day_in(sent)
    told = tuple(one for one in paragraphs if not _MARK.match(one[1]))
    subject = headers.get("subject") or _without_mark(outer)
    return Forwarded(subject, sender, headers["sent"], found[0] if found else None, told)
