"""Who may do what in the admin: three roles, each a group of Django's with the permissions it says here.

A model that is new needs a line in ROLES, and a migration that grants it to the groups that stand already:

    migrations.RunPython(roles.granting({"Curators": {"timeline.upload": ["view", "add"]}}), RunPython.noop)
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

VIEWERS, CURATORS, ADMINISTRATORS = "Viewers", "Curators", "Administrators"

Permissions = Mapping[str, Collection[str]]  # model -> view, add, change, delete

_VIEWING: dict[str, list[str]] = {
    "timeline.source": ["view"],
    "timeline.event": ["view"],
    "timeline.mention": ["view"],
    "timeline.actor": ["view"],
    "timeline.participation": ["view"],
    "timeline.decision": ["view"],
}
_CURATING: dict[str, list[str]] = {
    "timeline.source": ["view", "add"],  # to add them is what uploads ask for
    "timeline.event": ["view", "add", "change"],
    "timeline.mention": ["view", "add", "change"],
    "timeline.actor": ["view", "add", "change", "delete"],
    "timeline.participation": ["view", "add", "change", "delete"],
    "timeline.decision": ["view"],
}
_ADMINISTERING: dict[str, list[str]] = {
    "auth.user": ["view", "add", "change", "delete"],
    "auth.group": ["view"],
    "axes.accessattempt": ["view", "delete"],
}
ROLES: dict[str, Permissions] = {
    VIEWERS: _VIEWING,
    CURATORS: _CURATING,
    ADMINISTRATORS: {**_CURATING, **_ADMINISTERING},
}


def grant(apps: Any, roles: Mapping[str, Permissions], using: str = "default") -> None:
    """Make the groups that aren't there, and give each what it lacks; nothing is taken away.

    Django makes permissions only after all migrations have run, so those that aren't there are made here,
    under the names that Django would give them; it then finds them made. `apps` may be a migration's.
    """
    manager = {
        name: apps.get_model(name).objects.using(using)
        for name in ("auth.Group", "auth.Permission", "contenttypes.ContentType")
    }
    for role, permissions in roles.items():
        group, _ = manager["auth.Group"].get_or_create(name=role)
        for model, actions in permissions.items():
            app_label, name = model.split(".")
            content_type, _ = manager["contenttypes.ContentType"].get_or_create(
                app_label=app_label, model=name
            )
            for action in actions:
                permission, _ = manager["auth.Permission"].get_or_create(
                    content_type=content_type,
                    codename=f"{action}_{name}",
                    defaults={"name": f"Can {action} {_in_words(model)}"},
                )
                group.permissions.add(permission)


def _in_words(model: str) -> str:
    others = {"axes.accessattempt": "access attempt", "timeline.mention": "passage"}
    return others.get(model, model.split(".")[1])


def granting(roles: Mapping[str, Permissions]) -> Callable[[Any, Any], None]:
    """What a migration's RunPython takes to grant these."""

    def run(apps: Any, schema_editor: Any) -> None:
        grant(apps, roles, schema_editor.connection.alias)

    return run
