"""The app's entry in Django's registry."""

from django.apps import AppConfig
from django.core.checks import register

from timeline import checks


class TimelineConfig(AppConfig):
    name = "timeline"

    def ready(self) -> None:
        for check in checks.ALL:
            register(check)
