"""A small timeline in memory for what asks the site."""

from datetime import date

from django.core.management import call_command

from timeline.documents import Document
from timeline.loading import load

ARTICLE = (
    "Minsk marches\n\nPolice detained 30 protesters in Minsk on 9 August 2020. A referendum will be held in "
    "Belarus by February 2022, President Alexander Lukashenko said. Elections were held in Kenya in 1997."
)


def fill() -> None:
    call_command("migrate", verbosity=0)
    list(load([Document("a.txt", "Minsk marches", date(2020, 8, 10), ARTICLE)]))
