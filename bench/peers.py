"""The same events in other timelines: pages as their makers' documentation builds them, ready to be served.

    DATABASE_URL=sqlite:////tmp/events.sqlite3 python -m bench.peers FOLDER

Each peer comes in all the set-ups that could be its best, with its data in the page and as JSON that the page
fetches. What is asked for besides the events is the least: no web fonts, no groups, no tooltips.
"""

import argparse
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from whitenoise.compress import Compressor

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"


@dataclass(frozen=True)
class Peer:
    """What a peer is made of, and what its marks are on the page, as a selector."""

    name: str
    files: tuple[str, ...]  # of node_modules, its production bundle
    head: str
    marks: str
    options: dict[str, str]  # set-ups by name, each a JavaScript object
    draw: str  # JavaScript that draws `data` with `options` into #timeline

    def pages(self) -> Iterator[str]:
        """The names of its pages: a set-up, with its data inside or fetched."""
        for option in self.options:
            for way in ("inline", "json"):
                yield f"{self.name}-{option}-{way}.html"


TIMELINEJS: Final = Peer(
    name="timelinejs",
    files=("@knight-lab/timelinejs/dist",),
    head='<link rel="stylesheet" href="@knight-lab/timelinejs/dist/css/timeline.css">'
    '<script src="@knight-lab/timelinejs/dist/js/timeline.js"></script>',
    marks=".tl-timemarker",
    options={"default": "{font: null}"},
    draw="new TL.Timeline('timeline', {events: data}, options);",
)
VIS: Final = Peer(
    name="vis",
    files=(
        "vis-timeline/standalone/umd/vis-timeline-graph2d.min.js",
        "vis-timeline/styles/vis-timeline-graph2d.min.css",
    ),
    head='<link rel="stylesheet" href="vis-timeline/styles/vis-timeline-graph2d.min.css">'
    '<script src="vis-timeline/standalone/umd/vis-timeline-graph2d.min.js"></script>',
    marks=".vis-item",
    options={
        "default": "{}",
        "unstacked": "{stack: false, type: 'point', height: '400px', xss: {disabled: true}}",
        "clusters": "{cluster: {}, height: '400px', xss: {disabled: true}}",
    },
    draw="new vis.Timeline(document.getElementById('timeline'), new vis.DataSet(data), options);",
)
PEERS: Final = (TIMELINEJS, VIS)
# The height is that of the window, as their documentation has it.
PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}</title>{head}
<style>html, body, #timeline {{ height: 100%; margin: 0 }}</style></head>
<body><div id="timeline"></div><script>
const options = {options};
function draw(data) {{ {draw} }}
{start}
</script></body></html>
"""


def missing() -> list[str]:
    """What of the peers isn't installed."""
    return [file for peer in PEERS for file in peer.files if not (MODULES / file).exists()]


def page(peer: Peer, option: str, way: str, data: str) -> str:
    """One page of a peer; `data` is its events as JSON."""
    inline = data.replace("</", "<\\/")
    start = (
        f"draw({inline});"
        if way == "inline"
        else f"fetch('{peer.name}.json').then(a => a.json()).then(draw);"
    )
    return PAGE.format(
        name=peer.name, head=peer.head, options=peer.options[option], draw=peer.draw, start=start
    )


def events() -> Iterator[dict[str, Any]]:
    """The events that the site's own chart can draw, with the passage that it shows first."""
    # Here, because the programs that drive the browser do without Django.
    import django  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
    django.setup()

    from timeline.models import Event, Mention  # noqa: PLC0415

    quotes = dict(Mention.objects.order_by("-pk").values_list("event", "quote"))
    dated = Event.objects.public().filter(sort_date__isnull=False).chronological()
    for pk, title, earliest, latest in dated.values_list("pk", "title", "earliest", "latest"):
        yield {
            "pk": pk,
            "title": title,
            "quote": quotes.get(pk, ""),
            "first": earliest or latest,
            "last": latest or earliest,
        }


def for_timelinejs(event: dict[str, Any]) -> dict[str, Any]:
    """An event in TimelineJS's JSON."""
    first, last = event["first"], event["last"]
    dates = {"start_date": {"year": first.year, "month": first.month, "day": first.day}}
    if last != first:
        dates["end_date"] = {"year": last.year, "month": last.month, "day": last.day}
    text = {"headline": escape(event["title"]), "text": escape(event["quote"])}
    return {"unique_id": str(event["pk"]), **dates, "text": text}


def for_vis(event: dict[str, Any]) -> dict[str, Any]:
    """An event as an item of vis-timeline."""
    item = {"id": event["pk"], "content": escape(event["title"]), "start": event["first"].isoformat()}
    if event["last"] != event["first"]:
        item |= {"end": event["last"].isoformat(), "type": "range"}
    return item


def build(folder: Path) -> None:
    """Write the pages, with all that they need, and what is to be sent compressed."""
    folder.mkdir(parents=True, exist_ok=True)
    told = list(events())
    for peer, shaped in ((TIMELINEJS, for_timelinejs), (VIS, for_vis)):
        data = json.dumps([shaped(event) for event in told], ensure_ascii=False, separators=(",", ":"))
        (folder / f"{peer.name}.json").write_text(data, encoding="utf-8")
        for name in peer.pages():
            _, option, way = name.removesuffix(".html").split("-")
            (folder / name).write_text(page(peer, option, way, data), encoding="utf-8")
        for file in peer.files:
            source, target = MODULES / file, folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.map"))
            else:
                shutil.copy(source, target)
    compressor = Compressor(quiet=True)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and compressor.should_compress(path.name):
            list(compressor.compress(str(path)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    build(parser.parse_args().folder)


if __name__ == "__main__":
    main()
