"""What goes out, taken in by the programs that it is for: TimelineJS as npm has it, and Apache Annotator."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Route, expect

from tests import factories
from tests.browser import packages
from tests.browser.conftest import Story, Visit

TIMELINEJS = """<!doctype html><meta charset="utf-8">
<link rel="stylesheet" href="dist/css/timeline.css">
<script src="dist/js/timeline.js"></script>
<div id="timeline" style="width: 1200px; height: 700px"></div>
<script>window.shown = new TL.Timeline("timeline", "/timelinejs.json", {font: null});</script>"""
SLIDE = "[...document.querySelectorAll('.tl-slide')]"
TOLD = f"""() => {SLIDE}.map((slide) => [
  slide.querySelector('.tl-headline-date')?.textContent ?? '', slide.querySelector('.tl-headline').textContent
].map((text) => text.trim()))"""
# Without the package's own first file, which asks for a library that makes CSS selectors.
FIND = """async ([packages, annotations]) => {
  const at = `${packages}/@apache-annotator/dom/lib/`;
  const {createTextQuoteSelectorMatcher: byQuote} = await import(at + 'text-quote/match.js');
  const {createTextPositionSelectorMatcher: byPlace} = await import(at + 'text-position/match.js');
  const scope = document.getElementById('text');
  const found = [];
  for (const {target: {selector: [quote, place]}} of annotations) {
    const ranges = [];
    for await (const range of byQuote(quote)(scope)) ranges.push(range.toString());
    for await (const range of byPlace(place)(scope)) ranges.push(range.toString());
    found.push(ranges);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def modules() -> Iterator[str]:
    with packages.served() as address:
        yield address


def test_timelinejs_opens_the_file_as_it_is(visit: Visit, story: Story) -> None:
    factories.make_event(title="<img src=x onerror=alert(1)> & <script>alert(2)</script>", date="2023-05-01")
    factories.make_event(title="Long ago", date="197X")
    factories.make_event(title="In the spring", date="2022-21")
    source = factories.make_source(headline="<b onmouseover=alert(3)>", url="https://example.org/?a=1&b=<i>")
    factories.make_mention(source, story.arrests)
    watched = visit()
    page = watched.page
    at = f"{watched.url}/timelinejs/"

    def answer(route: Route) -> None:
        file = route.request.url.removeprefix(at).partition("?")[0]
        if file:
            route.fulfill(path=packages.MODULES / "@knight-lab/timelinejs" / file)
        else:
            route.fulfill(body=TIMELINEJS, content_type="text/html")

    page.route(f"{at}**", answer)
    page.goto(at)
    expect(page.locator(".tl-timemarker")).to_have_count(8)
    assert page.evaluate(TOLD) == [
        ["", "Political event timeline"],
        ["the 1970s", "Long ago"],
        ["since July 1994", "Old vote"],
        ["August 2020", "Arrests in Minsk"],
        ["August 9, 2020", "March in Minsk"],
        ["January 24, 2021", "Called off"],
        ["by February 2022", "Vote by February"],
        ["spring 2022", "In the spring"],
        ["May 1, 2023", "<img src=x onerror=alert(1)> & <script>alert(2)</script>"],
    ]
    assert page.evaluate("shown.config.getErrors()") == []
    slides = page.locator(".tl-slide")
    expect(slides.first).to_contain_text("Events: 8. Left out for having no date: 1.")
    arrests = slides.filter(has_text="Arrests in Minsk")
    assert arrests.locator("blockquote").first.text_content() == (
        "the Viasna centre. Police detained at least 400 people."
    )
    expect(arrests.get_by_role("link", name="<b onmouseover=alert(3)>", include_hidden=True)).to_have_count(1)
    assert page.locator("#timeline :is(script, img[src='x'], [onmouseover], [onerror])").count() == 0


def annotations_of(story: Story) -> list[dict[str, Any]]:
    response = Client().get(f"{story.source.get_absolute_url()}annotations.jsonld")
    items: list[dict[str, Any]] = json.loads(response.getvalue())["first"]["items"]
    return items


def test_apache_annotator_finds_the_words_again(visit: Visit, story: Story, modules: str) -> None:
    """By quote and by place, on the page that the annotations name; each once, though passages overlap."""
    clef = factories.make_source(body="Rain 𝄞 fell. Rain 𝄞 fell on the march in Minsk. Rain 𝄞 fell.")
    story.source = clef
    factories.make_mention(clef, story.march, words="march in Minsk")
    start = clef.text.index("Rain 𝄞 fell on")
    factories.make_mention(clef, story.arrests, start, start + len("Rain 𝄞 fell"))
    watched = visit(bypass_csp=True)
    page = watched.page
    watched.expected.append(f"request to {modules}")
    for source in (clef, story.passage.source):
        story.source = source
        annotations = annotations_of(story)
        assert len(annotations) >= 2
        page.goto(annotations[0]["target"]["source"].replace("http://testserver", watched.url))
        quotes = [one["target"]["selector"][0]["exact"] for one in annotations]
        assert page.evaluate(FIND, [modules, annotations]) == [[quote, quote] for quote in quotes]
