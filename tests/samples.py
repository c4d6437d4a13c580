"""Events and columns of any number, as varied as those of a real timeline, the same at every run."""

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from timeline.charts import Dot, Entries

TITLES = {
    "protest": ["Protest in {town}", "March of {who} in {town}", "Strike of {who} against {what}"],
    "election": ["Presidential election in {town}", "Parliamentary election", "Vote called after {what}"],
    "crackdown": ["Arrests of {who} in {town}", "{number} {who} detained in {town}", "Sentences over {what}"],
    "referendum": ["Referendum on {what}", "Vote on {what} in {town}"],
    "constitutional_change": ["Constitution amended on {what}", "Court in {town} strikes down {what}"],
}
OFTEN = (38, 25, 22, 8, 7)
TOWNS = (
    *(
        "Minsk",
        "Istanbul",
        "Santiago",
        "Nairobi",
        "Bangkok",
        "Yangon",
        "Kyiv",
        "Tbilisi",
        "Caracas",
        "Harare",
    ),
    *("Kampala", "Dhaka", "Colombo", "Lagos", "Khartoum", "Tunis", "Cairo", "Budapest", "Warsaw", "Bishkek"),
    *("Almaty", "Baku", "Yerevan", "Quito", "Lima", "Bogotá", "Managua", "Conakry", "Bamako", "Niamey"),
)
WHO = (
    "students",
    "trade unions",
    "lawyers",
    "teachers",
    "pensioners",
    "monks",
    "farmers",
    "miners",
    "doctors",
)
WHAT = (
    "term limits",
    "the draft tax law",
    "press freedom",
    "emergency powers",
    "independence",
    "fuel prices",
)
DATES = ("{day}", "{day:%Y-%m}", "{day:%Y}", "{day}/{later}", "../{day:%Y-%m}", "{day:%Y-%m}/..")
STATUSES = ("occurred", "ongoing", "planned", "proposed", "cancelled")


def told_events(size: int) -> list[Dot]:
    """Events with titles like those that are read out of articles, and quotes from the tests' own corpus."""
    chance = random.Random(7)
    texts = [file.read_text() for file in sorted(Path(__file__).with_name("corpus").glob("*.txt"))]
    sentences = [part for text in texts for part in " ".join(text.split()).split(". ") if len(part) > 60]
    numbers = chance.sample(range(1, 4 * size), size)
    dots = []
    for pk in numbers:
        (kind,) = chance.choices(list(TITLES), OFTEN)
        title = chance.choice(TITLES[kind]).format(
            town=chance.choice(TOWNS),
            who=chance.choice(WHO),
            what=chance.choice(WHAT),
            number=chance.randint(3, 900),
        )
        day = date(2000, 1, 1) + timedelta(days=int(9400 * chance.betavariate(2, 1.3)))
        (form,) = chance.choices(DATES, (66, 16, 6, 6, 3, 3))
        written = form.format(day=day, later=day + timedelta(days=chance.randint(2, 60)))
        (status,) = chance.choices(STATUSES, (80, 5, 8, 5, 2))
        quote = chance.choice(sentences)[:91]
        dots.append(Dot(pk, kind, title, written, status, chance.random() < 0.08, "BY", quote))
    return dots


def columns(size: int, lanes: int = 5) -> Entries:
    """Dates over 26 years, a third of them months or years, a few open on a side; lanes filled evenly."""
    chance = np.random.default_rng(7)
    low, high = date(2000, 1, 1).toordinal(), date(2025, 12, 31).toordinal()
    first = (low + (high - low) * chance.beta(2, 1.3, size)).astype(np.int32)
    form = chance.random(size)
    last = first + np.select([form < 0.1, form < 0.3], [364, 30], 0).astype(np.int32)
    last[form > 0.985] = 0
    by = (form > 0.97) & (form <= 0.985)
    first[by] = 0
    return Entries(
        first,
        last,
        kind=chance.integers(0, 5, size).astype(np.uint8),
        status=chance.choice(5, size, p=[0.8, 0.05, 0.08, 0.05, 0.02]).astype(np.uint8),
        lane=chance.integers(0, lanes, size).astype(np.int32),
    )
