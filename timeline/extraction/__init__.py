"""Text to dated political events, each field with the words that it was read from. No Django here.

>>> from datetime import date
>>> from timeline.extraction import extract
>>> text = "Kenya votes\\n\\nKenyans approved a new constitution in a referendum on 4 August."
>>> found = extract(text, date(2010, 8, 6))
>>> [(event.kind, event.date) for event in found.events]
[('referendum', '2010-08-04')]
"""

from timeline.extraction.clock import TookTooLong, allowing
from timeline.extraction.explaining import explain
from timeline.extraction.parsing import model_name
from timeline.extraction.pipeline import extract, extract_many
from timeline.extraction.records import (
    Count,
    DateExpression,
    Event,
    Extraction,
    Mention,
    Participant,
    Span,
)
from timeline.extraction.resolution import Resolved, resolve, resolve_across

# Stored with every source and mention: the rules' version, raised whenever the same text would give other
# mentions, and the model that they read with. A load reads again what another version has read.
VERSION = f"3 {model_name()}"

__all__ = [
    "VERSION",
    "Count",
    "DateExpression",
    "Event",
    "Extraction",
    "Mention",
    "Participant",
    "Resolved",
    "Span",
    "TookTooLong",
    "allowing",
    "explain",
    "extract",
    "extract_many",
    "resolve",
    "resolve_across",
]
