"""The site as it is served, and the bare view beside it that its pages are compared with."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "timeline.settings")
settings.ROOT_URLCONF = "bench.urls"

from timeline.wsgi import application  # noqa: E402, F401
