"""The API against its own schema: by Schemathesis, which makes up requests, right and wrong, and by hand."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test.utils import override_settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests import factories

schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))
handler = cache(WSGIHandler)


def application(environ: Any, start_response: Any) -> Any:
    """The site, made when the settings of the tests are in force."""
    return handler()(environ, start_response)


schema.app = application


@pytest.fixture
def rows(db: None) -> Iterator[None]:
    """Some of everything, and leave to ask as often as one likes."""
    factories.make_timeline(12)
    # As Django's client does: a request would else close the connection of the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    with override_settings(API_RATE="999999/second", ALLOWED_HOSTS=["localhost"]):
        yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


# What no pattern can say: which days and rows there are, and that one parameter must fit another.
BEYOND_A_SCHEMA = (
    "There is no such actor.",
    "There is no such source.",
    "The window ends before it begins.",
    "This cursor is of another order",
    "Write a year, a month or a day",
)


def is_beyond_a_schema(response: Any) -> bool:
    """Whether something of that sort is wrong; an answer may be JSON or a page."""
    return response.status_code == 400 and any(told in response.text for told in BEYOND_A_SCHEMA)


def contract(operation: str) -> Any:
    """A test of all that can be asked of one operation."""

    @schema.include(operation_id=operation).parametrize()
    @pytest.mark.usefixtures("rows")
    @settings(max_examples=6, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    def test(case: Any) -> None:
        response = case.call(headers={"Accept-Encoding": "identity"})
        excluded = [positive_data_acceptance] if is_beyond_a_schema(response) else []
        case.validate_response(response, excluded_checks=excluded)

    return test


test_root = contract("readRoot")
test_events = contract("listEvents")
test_event = contract("readEvent")
test_sources = contract("listSources")
test_source = contract("readSource")
test_actors = contract("listActors")
test_actor = contract("readActor")


def test_no_operation_is_left_out() -> None:
    told = {operation.ok().definition.raw["operationId"] for operation in schema.get_all_operations()}
    assert len(told) == len([name for name, value in globals().items() if name.startswith("test_")]) - 1
