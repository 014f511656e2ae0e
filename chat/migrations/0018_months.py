from django.db import migrations

POSTGRESQL = (
    "CREATE INDEX CONCURRENTLY chat_message_month ON chat_message (date_trunc('month', sent AT TIME ZONE 'UTC'), id)"
)


def make_index(apps, schema_editor):
    """The first and the last message of a month: a search in a time begins at one of them."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX chat_message_month")


class Migration(migrations.Migration):
    atomic = False  # people can write meanwhile
    dependencies = [
        ("chat", "0017_fill_search"),
    ]

    operations = [
        migrations.RunPython(make_index, drop_index),
    ]
