from django.db import migrations

from timeline.roles import granting

# Uploads go by the permission to add sources, which curators and administrators have.
DECISIONS = {'timeline.decision': ['view']}


class Migration(migrations.Migration):

    dependencies = [
        ('timeline', '0008_newer_evidence'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='mention',
            options={'ordering': ['source_id', 'start', 'pk'], 'verbose_name': 'passage'},
        ),
        migrations.RunPython(
            granting({'Viewers': DECISIONS, 'Curators': DECISIONS, 'Administrators': DECISIONS}),
            migrations.RunPython.noop,
        ),
    ]
