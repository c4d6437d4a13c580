"""How large a request with files may be: that is looked at before any of it is written to the disk."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


def check_size(length: int) -> None:
    """Raises RequestDataTooBig."""
    if length > settings.MOST_BYTES:
        raise RequestDataTooBig("The request holds more than an upload may.")


class Bounded(FileUploadHandler):
    """Refuses what is too much, and leaves the files of the rest to the handlers behind it.

    Else anybody could fill the disk: forms are read to find their token, before it is known who sends them.
    """

    def handle_raw_input(
        self,
        input_data: Any,  # noqa: ARG002
        META: Any,  # noqa: ARG002, N803  (Django's name)
        content_length: int,
        boundary: Any,  # noqa: ARG002
        encoding: Any = None,  # noqa: ARG002
    ) -> None:
        check_size(content_length)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002
        return None
