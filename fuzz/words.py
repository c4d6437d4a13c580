"""What inputs are put together from, so that what is tried looks like what is read."""

from collections.abc import Sequence

TEXT = (
    "election", "protest", "referendum", "arrested", "voted", "rally", "was held", "will be held", "since",
    "Kenya", "Minsk", "President Joe Bloggs", "the Labour Party (LP)", "police", "opposition", "on", "in",
    "between", "and", "from", "to", "until", "4 August", "May", "2020", "2019-20", "the 1990s", "Monday",
    "last week", "three days later", "early", "30 February", "12/31/2019", "100,000", "dozens of people",
    "according to", ".", ",", "“", "”", "(", ")", "[1]", "\n", "\n\n", "- ", "# ", "—", "’s", "…", "\u200b",
    "e\u0301", "\U0001f600", "\u202e", "\u00a0", "1", "0", "x" * 40, "?", ";", ":", "not", "denied",
    "March", "alleged", "BC", "0000", "9999", "the end of", "Easter", "a year ago", "٣", "mid-", "İ", "ß",
    "'", "/",
)  # fmt: skip
EDTF = (
    "2020", "-08", "-09", "-00", "/", "..", "X", "XX", "-XX", "?", "~", "%", "0000", "9999", "-21", "-33",
    "-40", "-41", "-02-30", "-", "T10:00", " ", "٢٠٢٠", "\0", "1",
)  # fmt: skip
CELLS = (
    ",", ",", ",", "\n", "\n", ";", "\t", '"', '""', "title", "date", "kind", "status", "country", "id",
    "quote", "start", "end", "participants", "headline", "published", "Year", "Month", "Day", "Headline",
    "Text", "Type", "End Year", "event_id_cnty", "event_date", "event_type", "sub_event_type", "actor1",
    "fatalities", "iso", "time_precision", "country", "notes", "source", "Protests", "Riots",
    "09 August 2020", "2020-08-09", "2020", "8", "-500", "13", "protest", "election", "occurred", "BY",
    "Belarus", "true", "detained 100+", "era", "\ufeff", "\0", "\r\n", "é", "<b>", "=1+1",
    "http://example.org/", "99999999999999999999", "²", "1e9",
)  # fmt: skip
TREE = (
    "{", "}", "[", "]", ":", ",", '"events"', '"title"', '"eras"', '"start_date"', '"end_date"', '"text"',
    '"headline"', '"year"', '"month"', '"day"', '"unique_id"', '"timeline"', '"date"', '"startDate"',
    '"media"', '"url"', '"format"', '"political-event-timeline"', '"version"', '"2020"', '"8"', "2020", "8",
    "-500", "1e400", "null", "true", '"<p>"', '"2020,8,9"', '"\\ud800"', '"\\u0000"', "var x = ", " ",
    '{"events":[{"start_date":{"year":', '"},"text":{"headline":"Vote"}}', "]}", "\ufeff", '""', "NaN",
)  # fmt: skip
QUERY = (
    "&", "&", "=", "=", "kind", "status", "country", "actor", "source", "from", "to", "text", "group",
    "page", "event", "disputed", "width", "cursor", "election", "protest", "occurred", "planned", "BY",
    "XK", "1", "0", "-1", "99999999999999999999", "2020", "2020-08", "2020-08-09", "0000", "9999", "10000",
    "../2020", "yes", "true", "actor", "minsk", '"', "*", "(", ")", "-", "AND", "OR", "NEAR", "%00", "%",
    "%C3", "%F0%9F", "+", "unknown", "\u202e", "٢", "kind__in", "[", "NaN", "1e9", ":", "'", "\\", "review",
    "certainty", "lang",
)  # fmt: skip

NAMES = (
    "kind", "status", "country", "actor", "source", "from", "to", "text", "group", "page", "event",
    "disputed", "review", "width",
)  # fmt: skip
VALUES = (
    "", "election", "protest", "occurred", "planned", "BY", "KE", "1", "0", "-1", "99999999999999999999",
    "2020", "-08", "-09", "0000", "9999", "10000", "yes", "true", "minsk", '"', "*", "(", ")", "AND ", "NEAR",
    "%00", "%", "%F0%9F", "+", "confirmed", "unreviewed", "country", ":", "'",
)  # fmt: skip


def spelled(data: bytes, words: Sequence[str], between: str = "") -> str:
    """A text with a word for each byte."""
    return between.join(words[byte % len(words)] for byte in data)
