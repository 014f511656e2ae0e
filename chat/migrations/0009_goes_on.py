from django.db import migrations, models


class Migration(migrations.Migration):
    """What is there already keeps a head of its own, each message."""

    dependencies = [("chat", "0008_times")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="speaker",
            field=models.CharField(
                blank=True,
                default="",
                editable=False,
                help_text="Who sent it: what they say next may go on from it.",
                max_length=128,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="message",
            name="goes_on",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="By whoever sent the one before it, under the same name and soon after: one head is enough for both.",
            ),
        ),
    ]
