"""The app's entry in Django's registry."""

from axes.apps import AppConfig as AxesConfig
from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core.checks import register
from django.db.models.signals import post_migrate, pre_migrate

from timeline import checks, database


class TimelineConfig(AppConfig):
    name = "timeline"
    default = True

    def ready(self) -> None:
        for check in checks.ALL:
            register(check)
        for check in checks.DEPLOYED:
            register(check, deploy=True)
        pre_migrate.connect(database.keep_what_is_there, sender=self)
        post_migrate.connect(database.install_after_migrating, sender=self)


class RoomConfig(admin_apps.AdminConfig):
    """Django's admin with a front page of our own."""

    default = False
    default_site = "timeline.room.Room"


class FailedLoginsConfig(AxesConfig):
    """django-axes under a heading that says what there is under it in the admin."""

    default = False
    verbose_name = "Failed logins"
