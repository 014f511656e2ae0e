from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out
        from django.db.models.signals import post_save

        from chat import actions, checks, signals  # noqa: F401  registers them
        from chat.models import Participant

        user_logged_in.connect(signals.signed_in, dispatch_uid="chat.signed_in")
        user_logged_out.connect(actions.signed_out, dispatch_uid="chat.signed_out")
        post_save.connect(signals.person_saved, sender=Participant, dispatch_uid="chat.person_saved")
        post_save.connect(signals.object_saved, dispatch_uid="chat.object_saved")
