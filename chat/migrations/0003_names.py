"""Names from before: who chose theirs, and what each looks like."""

from django.db import migrations

from chat.names import guest_name, skeleton


def compare(apps, schema_editor):
    participants = apps.get_model("chat", "Participant").objects
    rows = []
    for row in participants.iterator(chunk_size=1000):
        row.named = row.kind == "guest" and row.name != guest_name(row.key)
        if row.named or row.kind == "member":  # a name that we gave a guest claims nothing
            row.skeleton = skeleton(row.name)
            rows.append(row)
    participants.bulk_update(rows, ["named", "skeleton"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_people")]

    operations = [migrations.RunPython(compare, migrations.RunPython.noop, elidable=True)]
