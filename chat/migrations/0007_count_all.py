"""The default was to count what is for oneself, and everything was counted: so it stays."""

from django.db import migrations, models


def count_all(apps, schema_editor):
    apps.get_model("chat", "Participant").objects.filter(rings="mentions").update(rings="all")


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_rooms_of_objects")]

    operations = [
        migrations.AlterField(
            model_name="participant",
            name="rings",
            field=models.CharField(
                choices=[
                    ("all", "Every message"),
                    ("mentions", "What is for me: mentions and direct messages"),
                    ("nothing", "Nothing"),
                ],
                default="all",
                max_length=10,
            ),
        ),
        migrations.RunPython(count_all, migrations.RunPython.noop, elidable=True),
    ]
