from django.db import migrations

from chat.searching import has_link, words

PIECE = 1000  # messages that are stored at once


def fill(apps, schema_editor):
    """Whatever was said before is found as well. In pieces, so that people can write meanwhile."""
    using = schema_editor.connection.alias
    message, entry = apps.get_model("chat", "Message"), apps.get_model("chat", "SearchEntry")
    rows, last = message.objects.using(using).filter(deleted=False, search_entry=None).order_by("pk"), 0
    while piece := [*rows.filter(pk__gt=last).values_list("pk", "author", "room", "sent", "body")[:PIECE]]:
        entry.objects.using(using).bulk_create((_entry(entry, *row) for row in piece), ignore_conflicts=True)
        entry.objects.using(using).filter(message__deleted=True).delete()  # meanwhile
        last = piece[-1][0]


def _entry(entry, pk, author, room, sent, body):
    marks = [f"_a{author}", f"_r{room}", f"_m{sent:%Y%m}", *(["_link"] if has_link(body) else [])]
    return entry(message_id=pk, words=" ".join([*words(body), *marks]))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("chat", "0016_search"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
