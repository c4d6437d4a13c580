"""A folder of files, served as the site serves its own: the same package, compressed beforehand."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from whitenoise import WhiteNoise


def _missing(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"There is no such file."]


application = WhiteNoise(_missing, root=os.environ["BENCH_FILES"], max_age=3600)
