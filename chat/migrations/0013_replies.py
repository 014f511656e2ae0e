import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What a message answers."""

    dependencies = [("chat", "0012_pins")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="reply_to",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="What it answers.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replies",
                to="chat.message",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("reply_to__isnull", False)), fields=["reply_to"], name="chat_message_replies"
            ),
        ),
    ]
