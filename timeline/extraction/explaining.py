"""What was seen in an article, what was decided and by which rule, sentence by sentence."""

from collections.abc import Iterator
from datetime import date

from timeline.extraction import grouping, parsing, pipeline, titles
from timeline.extraction.grouping import Draft
from timeline.extraction.reading import Article, Reader

_WIDEST = 160


def explain(text: str, published: date) -> Iterator[str]:
    """Lines for a curator who asks why: each sentence with its dates, triggers, readings and refusals.

    The text is the stored one, as for `extract`, and what is told is what `extract` does.
    """
    article = pipeline.prepare(text, published)
    reader = Reader(article)
    indexes = list(article.triggers)
    docs = parsing.parse(text[article.starts[i] : article.sentences[i].end] for i in indexes)
    drafts = reader.read(dict(zip(indexes, docs, strict=True)))
    groups = grouping.group(drafts)
    event_of = {id(draft): number for number, one in enumerate(groups, 1) for draft in one.drafts}
    yield f"published {published}, about {titles.country_name(article.country) or 'no country'}"
    for index, sentence in enumerate(article.sentences):
        words = " ".join(text[sentence.start : sentence.end].split())
        yield f"[{sentence.start}-{sentence.end}] {words[:_WIDEST]}{'…' if len(words) > _WIDEST else ''}"
        for expression in article.framed or article.dates:
            if sentence.start <= expression.start < sentence.end:
                seen = text[expression.start : expression.end]
                yield f"    date “{seen}”: {expression.edtf} ({expression.rule})"
        for trigger, why in reader.refused.get(index, ()):
            seen = text[trigger.start : trigger.end]
            yield f"    no {trigger.kind} in “{seen}” ({trigger.rule.id}): {why}"
        for draft in drafts:
            if draft.sentence_index == index:
                number = event_of.get(id(draft))
                joined = f"event {number}" if number else "no event to join"
                yield f"    {_reading(article, draft)} → {joined}"


def _reading(article: Article, draft: Draft) -> str:
    seen = article.text[draft.trigger.start : draft.trigger.end]
    parts = [
        f"{draft.kind} in “{seen}” ({draft.trigger.rule.id})",
        f"date {draft.linked.edtf or 'unknown'} ({draft.linked.rule})",
        f"{draft.status} ({draft.status_rule})",
        f"country {draft.country or 'unknown'} ({draft.country_rule})",
    ]
    if draft.disputed:
        parts.append(f"disputed “{article.text[draft.disputed.start : draft.disputed.end]}”")
    parts += [f"{participant.role} {participant.name}" for participant in draft.participants]
    parts += [titles.in_words(count) for count in draft.counts]
    return "; ".join(parts)
