from django.db import migrations


def empty_the_index(apps, schema_editor):
    """PostgreSQL's index has words in another form than this release looks for; it is filled after migrating."""
    connection = schema_editor.connection
    if connection.vendor == 'postgresql' and 'timeline_search' in connection.introspection.table_names():
        schema_editor.execute('DELETE FROM timeline_search')


class Migration(migrations.Migration):

    dependencies = [
        ('timeline', '0013_uploaded_places'),
    ]

    operations = [
        migrations.RunPython(empty_the_index, migrations.RunPython.noop),
    ]
