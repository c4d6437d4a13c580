"""What the fuzzer holds of anything that comes in, on inputs that Hypothesis makes up (docs/fuzzing.md)."""

import pytest
from django.conf import LazySettings
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from fuzz import targets
from fuzz.site import ARTICLE
from timeline.documents import Document
from timeline.loading import load

many = tried(max_examples=200, deadline=None, derandomize=True, database=None)
some = tried(max_examples=50, deadline=None, derandomize=True, database=None)


@many
@given(st.binary(max_size=40))
def test_dates(data: bytes) -> None:
    targets.dates(data)


@many
@given(st.binary(max_size=60))
def test_expressions(data: bytes) -> None:
    targets.expressions(data)


@some
@given(st.binary(max_size=80))
def test_texts(data: bytes) -> None:
    targets.texts(data)


@some
@given(st.binary(max_size=200))
def test_files(data: bytes) -> None:
    targets.files(data)


@many
@given(st.binary(max_size=120))
def test_imports(data: bytes) -> None:
    targets.imports(data)


@many
@given(st.binary(max_size=60))
def test_anchors(data: bytes) -> None:
    targets.anchors(data)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("target", "inputs"), [(targets.filters, 100), (targets.site, 15)], ids=["rows", "pages"]
)
def test_filters(target: targets.Target, inputs: int, settings: LazySettings) -> None:
    settings.API_RATE = settings.PAGE_RATE = "off"
    list(load([Document("a.txt", "Minsk marches", targets.PUBLISHED, ARTICLE)]))

    @tried(some, max_examples=inputs)
    @given(st.binary(max_size=24))
    def asked(data: bytes) -> None:
        target(data)

    asked()
