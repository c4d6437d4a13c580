"""A source as readers use it: any words by their address, notes beside their lines, citations."""

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Story, Visit, wait_until
from timeline.models import Source

# Each of one code point, of one or two UTF-16 units, alone or joined to what stands before it.
LETTERS = "ab ,\n\U0001f9a9\U0002070e\u0301\u200d\u05d0é<&"
MARKED = "[...document.querySelectorAll('mark.cited')].map((mark) => mark.textContent).join('')"

WHOLE = (
    "[...document.getElementById('text').childNodes].filter((node) => node.className !== 'note')"
    ".map((node) => node.textContent).join('')"
)


def marked(page: Page) -> str:
    return str(page.evaluate(MARKED))


def go_to(page: Page, fragment: str) -> None:
    """Change the address as a reader would, and wait until the page has followed."""
    page.evaluate(
        "(hash) => new Promise((done) => {"
        " if (location.hash === hash) return done();"
        " addEventListener('hashchange', () => setTimeout(done), {once: true}); location.hash = hash; })",
        fragment,
    )


def select(page: Page, words: str) -> None:
    """Select words that stand within one piece of the text."""
    found = page.evaluate(
        """(words) => {
          const walker = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(words);
            if (at < 0) continue;
            getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + words.length);
            return true;
          }
          return false;
        }""",
        words,
    )
    assert found


def cited(source: Source, words: str, page: Page) -> str:
    """The citation of words that stand but once in the text."""
    start = source.text.index(words)
    origin = page.url.partition("/sources/")[0].partition("/events/")[0]
    return (
        f"“{words}” — {source.headline}, The Daily Example, 10 August 2020,"
        f" characters {start}–{start + len(words)} of the text with SHA-256 {source.sha256};"
        f" {origin}{source.get_absolute_url()}#char={start},{start + len(words)}"
    )


# Words by their address


def test_an_address_marks_exactly_its_words(visit: Visit, transactional_db: None) -> None:
    watched = visit()

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.text(LETTERS, min_size=1, max_size=60), st.data())
    def holds(body: str, data: st.DataObject) -> None:
        source = factories.make_source(body=body, headline="\U0001f9a9 One")
        spans = st.lists(st.integers(0, len(source.text)), min_size=2, max_size=2, unique=True).map(sorted)
        for start, end in data.draw(st.lists(spans, max_size=4)):
            factories.make_mention(source, factories.make_event(), start, end)
        page = watched.open(source.get_absolute_url())
        for start, end in data.draw(st.lists(spans, min_size=1, max_size=4)):
            go_to(page, f"#char={start},{end}")
            assert marked(page) == source.text[start:end]
        go_to(page, "#nothing")
        assert marked(page) == ""
        assert page.evaluate(WHOLE) == source.text

    holds()


def test_words_across_passages_and_paragraphs_are_shown_and_told(visit: Visit, story: Story) -> None:
    text = story.source.text
    start, end = text.index("centre. Police") + 3, text.index("A quiet week") + 7
    page = visit().open(story.source.address_of(start, end))
    assert marked(page) == text[start:end]
    expect(page.locator("mark.cited").first).to_be_in_viewport()
    expect(page.get_by_role("status").first).to_contain_text(
        f"Marked: characters {start}–{end}, “tre. Police"
    )
    # Arriving by an address is arriving there with the keyboard too.
    assert page.evaluate("document.activeElement.className") == "cited"


@pytest.mark.parametrize(
    ("fragment", "told"),
    [
        ("#char=9,4", "Its words end before they begin."),
        ("#char=4,4", "Its words end before they begin."),
        ("#char=0,99999999999999999999", "It goes beyond the end of the text."),
        ("#char=99999,", "It goes beyond the end of the text."),
        ("#char=7", "It names a place between two characters, no words."),
        ("#char=,", "It is not of that form."),
        ("#char=-1,4", "It is not of that form."),
        ("#char=<img src=x onerror=alert(1)>", "It is not of that form."),
        ("#char=%E0%A4%A", "It is not of that form."),
    ],
)
def test_an_address_of_no_words_is_told_with_the_mend(
    visit: Visit, story: Story, fragment: str, told: str
) -> None:
    page = visit().open(story.source.get_absolute_url() + fragment)
    note = page.get_by_role("status").first
    expect(note).to_contain_text(
        f"names no words of this text. {told} Write #char=start,end, such as #char=0,20."
    )
    expect(note).to_contain_text(f"The text has {len(story.source.text)} characters.")
    expect(page.locator("mark.cited")).to_have_count(0)
    go_to(page, "#char=0,9")
    assert marked(page) == story.source.text[:9]


@pytest.mark.parametrize(
    ("fragment", "start", "end"), [("#char=,9", 0, 9), ("#char=5,", 5, None), ("#char=3%2C8", 3, 8)]
)
def test_an_end_may_be_left_out_and_a_comma_encoded(
    visit: Visit, story: Story, fragment: str, start: int, end: int | None
) -> None:
    page = visit().open(story.source.get_absolute_url() + fragment)
    assert marked(page) == story.source.text[start:end]


def test_an_address_of_a_text_of_another_length_raises_a_doubt(visit: Visit, story: Story) -> None:
    page = visit().open(story.source.get_absolute_url() + "#char=0,9;length=12,UTF-8")
    assert marked(page) == story.source.text[:9]
    expect(page.get_by_role("status").first).to_contain_text("of a text of 12 characters")
    go_to(page, f"#char=0,9;length={len(story.source.text)}")
    expect(page.get_by_role("status").first).not_to_contain_text("of a text of")


def test_the_number_of_a_passage_marks_all_its_pieces(visit: Visit, story: Story) -> None:
    page = visit().open(story.passage.get_absolute_url())
    pieces = page.locator("mark.chosen")
    expect(pieces).to_have_count(2)
    assert "".join(pieces.all_text_contents()) == story.passage.quote
    expect(page.locator("#notes > li.chosen")).to_have_attribute("data-mention", str(story.passage.pk))
    go_to(page, "#m0")
    expect(page.get_by_role("status").first).to_contain_text("No passage of this text is numbered “0” now.")
    expect(pieces).to_have_count(0)


# Notes


def boxes(page: Page) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(
        "[...document.querySelectorAll('#notes > li')].map((note) => note.getBoundingClientRect().toJSON())"
    )
    return found


def test_notes_stand_beside_their_lines_and_never_on_each_other(visit: Visit, story: Story) -> None:
    later = factories.make_event(title="A week later, with a title of some length")
    at = story.source.text.index("A quiet week") + 2000
    factories.make_mention(story.source, later, at, at + 30)
    watched = visit()
    page = watched.open(story.source.get_absolute_url())
    notes = boxes(page)
    assert all(above["bottom"] <= below["top"] for above, below in pairwise(notes))
    lines = page.locator(f"#m{story.passage.pk}, #m{later.mentions.get().pk}").evaluate_all(
        "(marks) => marks.map((mark) => mark.getClientRects()[0].top)"
    )
    assert abs(notes[0]["top"] - lines[0]) < 60  # below the heading of the notes
    assert abs(notes[-1]["top"] - lines[1]) < 4
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(100)
    text = page.locator("#text").bounding_box()
    assert text
    assert boxes(page)[0]["top"] > text["y"] + text["height"]


def test_a_note_and_its_words_light_each_other(visit: Visit, story: Story) -> None:
    page = visit().open(story.source.get_absolute_url())
    note = page.locator(f"#notes > li[data-mention='{story.passage.pk}']")
    lit = page.locator("mark.lit")
    note.hover()
    wait_until(page, lambda: "".join(lit.all_text_contents()) == story.passage.quote)
    page.get_by_role("heading", level=1).hover()
    expect(lit).to_have_count(0)
    page.locator(f"#m{story.passage.pk}").hover()
    expect(note).to_have_class(re.compile("lit"))
    page.get_by_role("heading", level=1).hover()
    note.get_by_role("link", name="March in Minsk").focus()
    wait_until(page, lambda: "".join(lit.all_text_contents()) == story.passage.quote)
    page.get_by_role("link", name="Event 3: Vote by February").focus()
    expect(page.locator("#notes > li.lit")).to_have_text(re.compile("Vote by February"))


def test_a_mark_in_time_leads_to_its_words(visit: Visit, story: Story) -> None:
    page = visit().open(story.source.get_absolute_url())
    page.get_by_role("link", name="March in Minsk, 9 August 2020, disputed").press("Enter")
    expect(page).to_have_url(re.compile(f"#m{story.passage.pk}$"))
    expect(page.locator("mark.chosen")).to_have_count(2)


# Citations


def copied(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_picked_words_are_cited_and_linked_from_the_keyboard(visit: Visit, story: Story) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).open(story.source.get_absolute_url())
    select(page, " through Minsk on ")
    bar = page.get_by_role("toolbar")
    expect(bar).to_be_visible()
    page.keyboard.press("Tab")
    expect(bar.get_by_role("button", name="Cite this passage")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_have_text("The citation is copied.")
    assert copied(page) == cited(story.source, "through Minsk on", page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".said")).to_have_text("The address is copied.")
    address = copied(page)
    assert address == cited(story.source, "through Minsk on", page).rpartition(" ")[2]
    page.keyboard.press("Escape")
    expect(bar).to_have_count(0)
    page.goto(address)
    assert marked(page) == "through Minsk on"


def test_picked_words_are_cited_with_the_mouse(visit: Visit, story: Story) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).open(story.source.get_absolute_url())
    page.locator(f"#m{story.passage.pk}").dblclick(position={"x": 20, "y": 10})
    page.get_by_role("toolbar").get_by_role("button", name="Cite this passage").click()
    expect(page.locator(".said")).to_have_text("The citation is copied.")
    assert copied(page) == cited(story.source, "Thousands", page)


def test_on_a_phone_the_tools_stand_at_the_foot_of_the_screen(visit: Visit, story: Story) -> None:
    page = visit(width=390, has_touch=True, is_mobile=True).open(story.source.get_absolute_url())
    select(page, "through Minsk")
    box = page.get_by_role("toolbar").bounding_box()
    assert box
    assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, 390, 900)


@pytest.mark.parametrize("at", ["a note", "the event"])
def test_every_passage_can_be_cited_where_it_stands(visit: Visit, story: Story, at: str) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).open(
        story.source.get_absolute_url() if at == "a note" else story.march.get_absolute_url()
    )
    page.get_by_role("button", name="Cite this passage: ").first.click()
    expect(page.locator(".said")).to_have_text("The citation is copied.")
    assert copied(page) == cited(story.source, story.passage.quote, page)


def test_where_the_clipboard_is_out_of_reach_the_words_can_be_copied_by_hand(
    visit: Visit, story: Story
) -> None:
    watched = visit()
    watched.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = watched.open(story.march.get_absolute_url())
    button = page.get_by_role("button", name="Cite this passage: ").first
    button.click()
    box = page.get_by_role("dialog").get_by_role("textbox", name="Copy it yourself")
    expect(box).to_be_focused()
    expect(box).to_have_value(cited(story.source, story.passage.quote, page))
    assert page.evaluate("getSelection().toString()") == cited(story.source, story.passage.quote, page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


# Paper, and no JavaScript


def test_on_paper_there_are_addresses_and_hashes_and_no_tools(visit: Visit, story: Story) -> None:
    watched = visit()
    page = watched.open(story.march.get_absolute_url())
    expect(page.locator(".printed").first).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".printed").first).to_have_text(re.compile(r"^http://.*#char=\d+,\d+$"))
    expect(page.locator(".printed").first).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    page.emulate_media(media="screen")
    page = watched.open(story.source.get_absolute_url())
    page.emulate_media(media="print")
    expect(page.locator(".how-to-cite")).to_contain_text(story.source.sha256)
    expect(page.get_by_role("button")).to_have_count(0)
    notes = boxes(page)
    assert all(above["bottom"] <= below["top"] for above, below in pairwise(notes))


def test_without_javascript_every_passage_has_its_address(visit: Visit, story: Story) -> None:
    page = visit(java_script_enabled=False).open(story.source.get_absolute_url())
    start, end = story.passage.start, story.passage.end
    link = page.get_by_role("link", name=f"characters {start}–{end}")
    expect(link).to_have_attribute("href", f"#char={start},{end}")
    expect(page.get_by_role("button")).to_have_count(0)


def test_at_twice_the_size_nothing_is_cut_off(visit: Visit, story: Story) -> None:
    watched = visit(width=640)
    for address in (story.source.get_absolute_url(), story.march.get_absolute_url()):
        page = watched.open(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 640
