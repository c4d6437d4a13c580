import pytest

from tests import factories
from timeline.models import Event, Mention

pytestmark = pytest.mark.django_db


def test_a_bulk_timeline_is_as_valid_as_one_made_row_by_row() -> None:
    factories.make_timeline(20)
    for event in Event.objects.all():
        event.full_clean(exclude=["country"])
    for mention in Mention.objects.select_related("source"):
        assert mention.source.text[mention.start : mention.end] == mention.quote
