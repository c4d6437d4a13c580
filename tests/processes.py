"""Programs of the project, each in a process of its own."""

import subprocess
import sys
from collections.abc import Mapping

from django.conf import settings


def python(
    *arguments: object, env: Mapping[str, str], seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """What Python did with these arguments in the project's folder, and with no more of the environment."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
