"""The app's entry in Django's registry."""

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate

from timeline import checks, database


class TimelineConfig(AppConfig):
    name = "timeline"

    def ready(self) -> None:
        for check in checks.ALL:
            register(check)
        post_migrate.connect(database.install_after_migrating, sender=self)
