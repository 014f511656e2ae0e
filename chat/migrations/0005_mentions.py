from django.db import migrations, models

from chat.names import handle


def give_handles(apps, schema_editor):
    """By which those who are there already can be called."""
    members = apps.get_model("chat", "Participant").objects.filter(kind="member")
    rows = []
    for row in members.iterator(chunk_size=1000):
        row.handle = handle(row.name)
        rows.append(row)
    members.bulk_update(rows, ["handle"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("chat", "0004_rooms_and_people")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="marks",
            field=models.JSONField(
                default=list,
                editable=False,
                help_text="Where its text speaks of whom, as understood when written: [[from, to, keys], …], * for everybody.",
            ),
        ),
        migrations.AddField(
            model_name="participant",
            name="handle",
            field=models.CharField(
                blank=True,
                db_index=True,
                editable=False,
                help_text="What one types after an @ to mean them.",
                max_length=255,
            ),
        ),
        migrations.RunPython(give_handles, migrations.RunPython.noop, elidable=True),
    ]
