"""The app's entry in Django's registry."""

from axes.apps import AppConfig as AxesConfig
from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate

from timeline import checks, database


class TimelineConfig(AppConfig):
    name = "timeline"
    default = True

    def ready(self) -> None:
        for check in checks.ALL:
            register(check)
        for check in checks.DEPLOYED:
            register(check, deploy=True)
        post_migrate.connect(database.install_after_migrating, sender=self)


class FailedLoginsConfig(AxesConfig):
    """django-axes under a heading that says what there is under it in the admin."""

    default = False
    verbose_name = "Failed logins"
