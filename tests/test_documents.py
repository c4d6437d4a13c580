"""Files, folders and corpora read as documents; what can't be read is named with its mend."""

import errno
import gzip
import json
import os
import socket
from datetime import date
from pathlib import Path

import pytest
import trafilatura

from timeline.documents import MAXIMUM_BYTES, Document, Failure, formats, parse_text, read

PUBLISHED = date(2021, 9, 28)


def read_one(path: Path, **options) -> Document | Failure:
    (item,) = read([path], **options)
    return item


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("content", "headline", "text"),
    [
        ("date 2021-09-28 Vote held\n\nBody.\n", "Vote held", "Vote held\n\nBody."),
        # The user's own seed begins with a blank.
        (" date 2021-09-28 Vote held\n\nBody.", "Vote held", "Vote held\n\nBody."),
        ("\n\nDATE 2021-09-28   Vote  held \nBody.", "Vote held", "Vote held\n\nBody."),
        # Windows and old Mac line ends, and the mark that Windows editors put first.
        ("date 2021-09-28 Vote held\r\n\r\nOne.\r\nTwo.", "Vote held", "Vote held\n\nOne.\nTwo."),
        ("date 2021-09-28 Vote held\r\rOne.\rTwo.", "Vote held", "Vote held\n\nOne.\nTwo."),
        ("\ufeffdate 2021-09-28 Vote held\n\nBody.", "Vote held", "Vote held\n\nBody."),
        # No headline in the header: the first line of the body is one.
        ("date 2021-09-28\n\nVote held\nBody.", "Vote held", "Vote held\n\nBody."),
        # A headline may be all that there is.
        ("date 2021-09-28 Vote held", "Vote held", "Vote held"),
        # Characters outside the basic plane, combining marks and no-break spaces stay as they are.
        (
            "date 2021-09-28 Vote 🗳 held\n\nCafe\u0301\u00a0𝔘.",
            "Vote 🗳 held",
            "Vote 🗳 held\n\nCafe\u0301\u00a0𝔘.",
        ),
        ("---\ntitle: Vote held\ndate: 2021-09-28\n---\n\nBody.", "Vote held", "Vote held\n\nBody."),
        ("---\ntitle: '1984'\ndate: 2021-09-28\nother: [1, 2]\n---\nBody.", "1984", "1984\n\nBody."),
        ("---\ndate: 2021-09-28\n---\nVote held\n\nBody.", "Vote held", "Vote held\n\nBody."),
    ],
)
def test_text_files(tmp_path, content, headline, text):
    document = read_one(write(tmp_path, "a.txt", content))
    assert isinstance(document, Document), document
    assert (document.headline, document.text, document.published) == (headline, text, PUBLISHED)


def test_front_matter_gives_publisher_and_address(tmp_path):
    content = (
        "---\ntitle: T\ndate: 2021-09-28\npublisher: The Paper\nurl: https://paper.example/t\n---\nBody."
    )
    document = read_one(write(tmp_path, "a.md", content))
    assert isinstance(document, Document)
    assert (document.publisher, document.url) == ("The Paper", "https://paper.example/t")


def test_utf_16_as_windows_saves_it(tmp_path):
    document = read_one(write(tmp_path, "a.txt", "date 2021-09-28 Vœu\n\nBody.".encode("utf-16")))
    assert isinstance(document, Document)
    assert document.headline == "Vœu"


@pytest.mark.parametrize(
    ("name", "content", "reason", "mend"),
    [
        ("a.txt", "", "empty", "Put the article"),
        ("a.txt", " \n\t\n", "empty", "Put the article"),
        ("a.txt", "date 2021-09-28\n \n", "no headline and no text", "Put the article"),
        ("a.txt", "Vote held\n\nBody.", "no date", "--published"),
        ("a.txt", "date yesterday Vote held\n\nBody.", "no date", "--published"),
        ("a.txt", "date 2021-02-30 Vote held\n\nBody.", "2021-02-30", "YYYY-MM-DD"),
        ("a.txt", "date 20210928 Vote held\n\nBody.", "20210928", "YYYY-MM-DD"),
        ("a.txt", b"date 2021-09-28 Caf\xe9\n\nBody.", "not UTF-8 text (byte 19)", "UTF-8"),
        ("a.txt", "date 2021-09-28 A\0B", "null characters", "UTF-8"),
        ("a.txt", b"x" * (MAXIMUM_BYTES + 1), "over 5 MB", "Split"),
        ("a.md", "---\ntitle: [\n---\nBody.", "not YAML", "Mend the lines"),
        ("a.md", "---\n- a\n---\nBody.", "no fields", "date:"),
        (
            "a.md",
            "---\ntitle: T\ndate: 2021-09-28\nurl: javascript:alert(1)\n---\nB.",
            "no web address",
            "https",
        ),
        ("a.md", f"---\ntitle: T\ndate: 2021-09-28\npublisher: {'p' * 201}\n---\nB.", "over 200", "Shorten"),
        ("a.html", "", "empty", "Save"),
        ("a.md", "---\ntitle: [a, b]\ndate: 2021-09-28\n---\nB.", "“title”", "quotation marks"),
        ("a.md", "---\ntitle: T\nDate: {a: b}\n---\nB.", "“date”", "quotation marks"),
        ("a.md", "---\ndate: 2021-09-28\npublisher: [P]\n---\nB.", "“publisher”", "quotation marks"),
        ("a.md", "---\ndate: 2021-09-28\nurl: [u]\n---\nB.", "“url”", "quotation marks"),
        ("a.html", "<html><body></body></html>", "No article", ".txt"),
        ("a.html", "<svg>", "No article", ".txt"),
        ("a.htm", '<svg xmlns="http://www.w3.org/2000/svg"><text>Vote</text></svg>', "No article", ".txt"),
        ("a.html", '<?xml version="1.0"?><feed><entry>Vote</entry></feed>', "No article", ".txt"),
        ("a.html", b"\x89PNG\r\n\x1a\n\0\0", "No article", ".txt"),
        ("a.jsonl", "", "empty", "Put one JSON object"),
        ("a.jsonl", "\n \n", "empty", "Put one JSON object"),
        ("a.jsonl.gz", b"", "empty", "Put one JSON object"),
        ("a.jsonl.gz", gzip.compress(b"", mtime=0), "empty", "Put one JSON object"),
        ("a.jsonl.gz", b"{}", "not packed with gzip", "Name it .jsonl"),
        ("a.odt", "PK", "not read", ".txt"),
    ],
)
def test_bad_files_are_named_with_reason_and_mend(tmp_path, name, content, reason, mend):
    failure = read_one(write(tmp_path, name, content))
    assert isinstance(failure, Failure)
    assert failure.location.endswith(name)
    assert reason in failure.reason
    assert mend in failure.mend


def test_published_is_the_date_of_documents_that_bear_none_only(tmp_path):
    undated = read_one(write(tmp_path, "a.txt", "Vote held\n\nBody."), published=date(2000, 1, 1))
    dated = read_one(write(tmp_path, "b.txt", "date 2021-09-28 Vote held"), published=date(2000, 1, 1))
    assert [undated.published, dated.published] == [date(2000, 1, 1), PUBLISHED]


def test_folders_in_sorted_order_without_hidden_and_foreign_files(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.txt", "a.txt", "sub/c.txt", ".hidden.txt", "picture.png"):
        write(tmp_path, name, "date 2021-09-28 Vote held")
    names = [Path(item.path).name for item in read([tmp_path])]
    assert names == ["a.txt", "b.txt", "c.txt"]


def test_a_source_is_named_from_the_project(tmp_path):
    path = write(tmp_path, "a.txt", "date 2021-09-28 Vote held")
    assert read_one(path, root=tmp_path).location == "a.txt"
    assert read_one(path, root=tmp_path / "elsewhere").location == path.resolve().as_posix()


def test_a_missing_path_is_named(tmp_path):
    failure = read_one(tmp_path / "nothing")
    assert isinstance(failure, Failure)
    assert "nothing at this path" in failure.reason


PAGE = """<html><head><title>Vote held - The Paper</title>
<meta property="article:published_time" content="2021-09-28T10:00:00Z">
<meta property="og:site_name" content="The Paper"></head><body><nav>Home News</nav><article><h1>Vote held</h1>
<p>Voters went to the polls on Sunday in all parts of the country, officials of the commission said.</p>
<p>The second paragraph tells at some length what the vote means for the country and its neighbours.</p>
</article><footer>Contact</footer></body></html>"""


def test_a_saved_page(tmp_path):
    document = read_one(write(tmp_path, "page.html", PAGE))
    assert isinstance(document, Document), document
    assert (document.headline, document.publisher, document.published) == (
        "Vote held",
        "The Paper",
        PUBLISHED,
    )
    assert "\n\nThe second paragraph" in document.text
    assert "Contact" not in document.text


def record(**fields) -> str:
    return json.dumps(
        {"id": "r1", "published": "2021-09-28", "title": "Vote held", "text": "Body.", **fields}
    )


@pytest.mark.parametrize("packed", [False, True])
def test_corpora(tmp_path, packed):
    lines = [
        record(),
        "",
        record(id="r2", title=None, text="Vote held\nBody."),
        record(id=7, title="Vote held", text="Vote held\n\nBody."),
        record(id=None, publisher="P", url="https://paper.example"),
        record(id=0),
        record(id=""),
    ]
    content = "\n".join(lines).encode()
    path = write(
        tmp_path, "c.jsonl.gz" if packed else "c.jsonl", gzip.compress(content) if packed else content
    )
    documents = list(read([path], root=tmp_path))
    assert [(d.record, d.headline, d.text) for d in documents] == [
        ("r1", "Vote held", "Vote held\n\nBody."),
        # Without a title the text stays as it is, so that offsets into it stay true.
        ("r2", "Vote held", "Vote held\nBody."),
        ("7", "Vote held", "Vote held\n\nBody."),
        ("line-5", "Vote held", "Vote held\n\nBody."),
        ("0", "Vote held", "Vote held\n\nBody."),
        ("line-7", "Vote held", "Vote held\n\nBody."),
    ]
    assert documents[0].location == f"{path.name}#r1"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        (record(text=""), "no “text”"),
        (record(text=None), "no “text”"),
        (record(text=["Body."]), "not a string"),
        (record(published=None), "no date"),
        (record(published="soon"), "“soon”"),
        (record(published="0000-01-01"), "0000-01-01"),
        (record(text="half \ud800 character"), "half characters"),
        (record(text="a\0b"), "null characters"),
        (record(url="ftp://paper.example"), "no web address"),
        (record(id="x" * 1000), "over 1000"),
        (record(id="good"), "stands twice"),
        (record(text="x" * MAXIMUM_BYTES), "over 5 MB"),
    ],
)
def test_a_bad_record_is_named_and_the_others_are_read(tmp_path, line, reason):
    path = write(tmp_path, "c.jsonl", "\n".join([record(id="good"), line, record(id="after")]))
    first, failure, last = read([path])
    assert isinstance(failure, Failure)
    assert failure.location.endswith("c.jsonl, line 2")
    assert reason in failure.reason
    assert failure.mend
    assert [first.record, last.record] == ["good", "after"]


def test_a_corpus_that_is_broken_off_gives_what_it_has(tmp_path):
    packed = gzip.compress(
        "\n".join(record(id=str(n), text=f"{n * 7919} " * 50) for n in range(500)).encode()
    )
    *documents, failure = read([write(tmp_path, "c.jsonl.gz", packed[:-200])])
    assert documents
    assert all(isinstance(document, Document) for document in documents)
    assert isinstance(failure, Failure)
    assert "broken off" in failure.reason


def test_a_text_that_only_calls_itself_packed(tmp_path):
    failure = read_one(write(tmp_path, "c.jsonl.gz", record()))
    assert isinstance(failure, Failure)


def test_an_unreadable_file_is_named(tmp_path, monkeypatch):
    path = write(tmp_path, "a.txt", "date 2021-09-28 Vote held")

    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    failure = read_one(path)
    assert isinstance(failure, Failure)
    assert "Permission denied" in failure.reason


def test_long_headlines_stay_whole_in_the_text():
    document = parse_text(f"date 2021-09-28 {'word ' * 300}\n\nBody.", "a.txt")
    assert len(document.headline) > 500
    assert document.text.startswith(document.headline)


@pytest.mark.parametrize(
    "written",
    [
        "2021-09-28T10:00:00Z",
        "2021-09-28 10:00",
        "2021-09-28T23:59:59.123+02:00",
        "2021-09-28 00:00:00 -0500",
    ],
)
def test_of_a_time_the_day_is_taken_as_written(tmp_path, written):
    text = read_one(write(tmp_path, "a.md", f"---\ntitle: T\ndate: {written}\n---\nBody."))
    corpus = read_one(write(tmp_path, "c.jsonl", record(published=written)))
    assert [text.published, corpus.published] == [PUBLISHED, PUBLISHED]


@pytest.mark.parametrize(
    "written", ["2021-09-28T", "2021-09-28 noon", "2021-02-30T10:00", "2021-09-28 25:00"]
)
def test_other_times_are_refused(tmp_path, written):
    failure = read_one(write(tmp_path, "c.jsonl", record(published=written)))
    assert isinstance(failure, Failure)
    assert f"“{written}”" in failure.reason


GOOD = "date 2021-09-28 Vote held"


def read_folder(folder: Path) -> tuple[list[str], list[Failure]]:
    """The names of what was read in a folder, and the failures."""
    items = list(read([folder]))
    return (
        [Path(item.path).name for item in items if isinstance(item, Document)],
        [item for item in items if isinstance(item, Failure)],
    )


def test_a_page_that_the_library_fails_on_is_named(monkeypatch):
    def choke(*_args, **_options):
        raise AssertionError("a \udcff tree")

    monkeypatch.setattr(trafilatura, "bare_extraction", choke)
    # In this process, where the library can be made to fail.
    (failure,) = formats.parse(formats.HTML, PAGE.encode(), "a.html", None)
    assert failure.reason == "No article could be read out of the page (AssertionError: a ? tree)."
    assert failure.mend == "Save the text as .txt."


def test_a_name_that_is_not_utf_8(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.txt")).write_text(GOOD)
    write(tmp_path, "b.txt", GOOD)
    names, (failure,) = read_folder(tmp_path)
    assert names == ["b.txt"]
    assert failure.location.encode().endswith(b"/a?.txt")
    assert (failure.reason, failure.mend) == ("Its name is not UTF-8.", "Rename the file.")


@pytest.mark.parametrize("method", ["iterdir", "stat"])
def test_a_closed_folder_is_named_and_the_rest_is_read(tmp_path, monkeypatch, method):
    (tmp_path / "closed").mkdir()
    write(tmp_path, "a.txt", GOOD)
    write(tmp_path, "d.txt", GOOD)
    real = getattr(Path, method)

    def refuse(path, **options):
        if path.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, **options)

    monkeypatch.setattr(Path, method, refuse)
    names, (failure,) = read_folder(tmp_path)
    assert names == ["a.txt", "d.txt"]
    assert failure.location.endswith("/closed")
    assert failure.reason == "It can't be opened: Permission denied."


def test_what_is_no_regular_file_is_not_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "a.txt")
    os.mkfifo(tmp_path / "foreign")
    write(tmp_path, "b.txt", GOOD)
    (tmp_path / "c.txt").symlink_to("/dev/null")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("d.jsonl")
        names, failures = read_folder(tmp_path)
    assert names == ["b.txt"]
    assert [Path(failure.location).name for failure in failures] == ["a.txt", "c.txt", "d.jsonl"]
    assert {failure.reason for failure in failures} == {"It is not a regular file."}


def test_links_that_go_round_in_circles_are_walked_once(tmp_path):
    write(tmp_path, "a.txt", GOOD)
    for number in range(8):
        (tmp_path / f"again{number}").symlink_to(tmp_path)
        (tmp_path / f"sub{number}").mkdir()
        (tmp_path / f"sub{number}" / "up").symlink_to(tmp_path)
    assert read_folder(tmp_path) == (["a.txt"], [])


def test_broken_links_are_named(tmp_path):
    (tmp_path / "a.txt").symlink_to("gone.txt")
    (tmp_path / "b.txt").symlink_to("b.txt")
    (tmp_path / "foreign").symlink_to("gone")
    write(tmp_path, "c.txt", GOOD)
    names, failures = read_folder(tmp_path)
    assert names == ["c.txt"]
    assert [Path(failure.location).name for failure in failures] == ["a.txt", "b.txt"]
    assert {failure.reason for failure in failures} == {"It is a broken link."}


def test_a_path_through_a_link_to_itself(tmp_path):
    (tmp_path / "round").symlink_to("round")
    failure = read_one(tmp_path / "round" / "a.txt")
    assert isinstance(failure, Failure)
    assert "can't be opened" in failure.reason
