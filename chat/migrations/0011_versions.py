import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What a message said before it was changed."""

    dependencies = [("chat", "0010_invitations_to_sign_up")]

    operations = [
        migrations.CreateModel(
            name="Version",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("body", models.TextField()),
                ("marks", models.JSONField(default=list)),
                ("written", models.DateTimeField(help_text="When it came to say this.")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="chat.message"
                    ),
                ),
            ],
            options={"ordering": ("pk",)},
        ),
    ]
