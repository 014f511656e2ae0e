"""The admin's door. It changes rows by the actions, as every door does."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from chat import actions, identity
from chat.models import Kind, Message, Participant, Room


class Kept(admin.ModelAdmin):
    """Rows that stay: readers who come back by cursor must find what happened, so nothing vanishes from a table."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Room)
class RoomAdmin(Kept):
    list_display = ("name", "slug", "seq", "archived", "created")
    list_filter = ("archived",)
    search_fields = ("name", "slug", "topic")
    fields = ("name", "slug", "kind", "topic", "guests_write", "archived", "opens_at", "closes_at", "seq", "created")
    readonly_fields = ("seq", "created")
    prepopulated_fields = {"slug": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "slug", "kind") if obj else self.readonly_fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Room | None = None) -> dict[str, Any]:
        return {} if obj else self.prepopulated_fields

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **named: Any) -> Any:
        if db_field.name == "kind":  # the others need an owner or people: they are made in the chat itself
            named["choices"] = [choice for choice in Kind.choices if choice[0] in (Kind.PUBLIC, Kind.MEMBERS)]
        return super().formfield_for_choice_field(db_field, request, **named)

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        actions.save_room(obj)


@admin.register(Participant)
class ParticipantAdmin(Kept):
    list_display = ("name", "kind", "key", "banned", "created")
    list_filter = ("kind", "banned")
    search_fields = ("name", "key")
    fields = ("name", "kind", "key", "user", "banned", "created")
    readonly_fields = ("name", "kind", "key", "user", "created")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Participant, form: Any, change: bool) -> None:
        actions.ban(obj, obj.banned)


@admin.register(Message)
class MessageAdmin(Kept):
    list_display = ("sent", "room", "author_name", "body", "seq")
    list_filter = ("room", "sent")
    list_select_related = ("room", "author")
    search_fields = ("body", "author_name")
    ordering = (
        "-id",
    )  # the newest first, by an index; nothing here may read a whole history, for which all would wait
    show_full_result_count = False
    actions = ("delete_messages",)

    @admin.action(description="Delete the selected messages", permissions=["moderate"])
    def delete_messages(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        moderator = identity.of_request(request)
        for message in queryset.filter(deleted=False):
            actions.delete_message(message.pk, moderator)

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.delete_message")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
