import django.db.models.deletion
from django.db import migrations, models

SQLITE = [
    "CREATE VIRTUAL TABLE chat_searchentry_index USING fts5("
    "words, content='chat_searchentry', content_rowid='message_id', tokenize=\"ascii tokenchars '_'\")",
    "CREATE TRIGGER chat_searchentry_put AFTER INSERT ON chat_searchentry BEGIN"
    " INSERT INTO chat_searchentry_index(rowid, words) VALUES (new.message_id, new.words); END",
    "CREATE TRIGGER chat_searchentry_taken AFTER DELETE ON chat_searchentry BEGIN"
    " INSERT INTO chat_searchentry_index(chat_searchentry_index, rowid, words)"
    " VALUES ('delete', old.message_id, old.words); END",
    "CREATE TRIGGER chat_searchentry_changed AFTER UPDATE ON chat_searchentry BEGIN"
    " INSERT INTO chat_searchentry_index(chat_searchentry_index, rowid, words)"
    " VALUES ('delete', old.message_id, old.words);"
    " INSERT INTO chat_searchentry_index(rowid, words) VALUES (new.message_id, new.words); END",
]
POSTGRESQL = [
    "ALTER TABLE chat_searchentry ADD COLUMN vector tsvector"
    " GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED",
    # How often a word is said decides whether the newest messages are looked through, or those that the index has.
    "ALTER TABLE chat_searchentry ALTER COLUMN vector SET STATISTICS 1000",
    "CREATE INDEX chat_searchentry_vector ON chat_searchentry USING gin (vector)",
]


def make_index(apps, schema_editor):
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(schema_editor.connection.vendor, [])
    for statement in statements:
        schema_editor.execute(statement)


def drop_index(apps, schema_editor):
    """What PostgreSQL has goes with its table."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE chat_searchentry_index")


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0015_reactions"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search_entry",
                        serialize=False,
                        to="chat.message",
                    ),
                ),
                (
                    "words",
                    models.TextField(
                        help_text="Those of its text, in their order, then who sent it, where, when, and what it has."
                    ),
                ),
            ],
            options={"verbose_name_plural": "search entries"},
        ),
        migrations.RunPython(make_index, drop_index),
    ]
