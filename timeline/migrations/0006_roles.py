from django.db import migrations

from timeline.roles import granting

# As timeline.roles had them when this was written: what comes later is granted by a later migration.
VIEWING = {
    'timeline.source': ['view'],
    'timeline.event': ['view'],
    'timeline.mention': ['view'],
    'timeline.actor': ['view'],
    'timeline.participation': ['view'],
}
CURATING = {
    'timeline.source': ['view', 'add'],
    'timeline.event': ['view', 'add', 'change'],
    'timeline.mention': ['view', 'add', 'change'],
    'timeline.actor': ['view', 'add', 'change', 'delete'],
    'timeline.participation': ['view', 'add', 'change', 'delete'],
}
ADMINISTERING = {
    'auth.user': ['view', 'add', 'change', 'delete'],
    'auth.group': ['view'],
    'axes.accessattempt': ['view', 'delete'],
}
ROLES = {
    'Viewers': VIEWING,
    'Curators': CURATING,
    'Administrators': {**CURATING, **ADMINISTERING},
}


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('timeline', '0005_certainty'),
    ]

    operations = [
        migrations.RunPython(granting(ROLES), migrations.RunPython.noop),
    ]
