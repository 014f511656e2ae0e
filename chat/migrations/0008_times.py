from django.db import migrations, models

import chat.models.room


class Migration(migrations.Migration):
    dependencies = [("chat", "0007_count_all")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="opens_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Before that it can only be read.",
                null=True,
                validators=[chat.models.room.fit_moment],
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="closes_at",
            field=models.DateTimeField(
                blank=True,
                help_text="From then on it can only be read.",
                null=True,
                validators=[chat.models.room.fit_moment],
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("opens_at", None), ("closes_at", None), ("closes_at__gt", models.F("opens_at")), _connector="OR"
                ),
                name="chat_room_closes_after_it_opens",
                violation_error_message="A room closes after it has opened: choose a later time to close it.",
            ),
        ),
    ]
