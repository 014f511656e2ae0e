from django.db import migrations, models


class Migration(migrations.Migration):
    """What is kept in view at a room's head."""

    dependencies = [("chat", "0011_versions")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="pinned",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="When it was pinned at the room's head.", null=True
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="pins_seq",
            field=models.PositiveBigIntegerField(
                default=0, editable=False, help_text="Its seq when what is pinned last changed; 0: nothing ever was."
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("pinned__isnull", False)),
                fields=["room", "pinned"],
                name="chat_message_pinned",
            ),
        ),
    ]
