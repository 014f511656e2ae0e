import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Links to sign up are rows as well, to be withdrawn one by one. Those made before are good no more."""

    dependencies = [("chat", "0009_goes_on")]

    operations = [
        migrations.AlterField(
            model_name="invitation",
            name="room",
            field=models.ForeignKey(
                blank=True,
                help_text="Without one it is a link to sign up.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="invitations",
                to="chat.room",
            ),
        ),
    ]
