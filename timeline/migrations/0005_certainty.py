from collections import defaultdict

from django.db import migrations

from timeline.doubts import certainty


def weigh(apps, schema_editor):
    """Give the events that are there their certainty, which is worked out again whenever one is resolved."""
    Event = apps.get_model('timeline', 'Event')
    Mention = apps.get_model('timeline', 'Mention')
    last = 0
    while True:
        events = list(Event.objects.filter(pk__gt=last).order_by('pk')[:1000])
        if not events:
            return
        last = events[-1].pk
        told = defaultdict(list)
        for mention in Mention.objects.filter(event__in=events).only(
            'event', 'source', 'standing', 'kind', 'date', 'status', 'country', 'rules', 'merge_reason',
            'extractor',
        ):
            told[mention.event_id].append(mention)
        weighed = defaultdict(list)
        for event in events:
            weighed[certainty(event, told[event.pk])].append(event.pk)
        for points, keys in weighed.items():
            Event.objects.filter(pk__in=keys).update(certainty=points)


class Migration(migrations.Migration):

    dependencies = [
        ('timeline', '0004_curation'),
    ]

    operations = [
        migrations.RunPython(weigh, migrations.RunPython.noop, elidable=True),
    ]
