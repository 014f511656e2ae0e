from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.urls import reverse


class Reader(AbstractBaseUser):
    """An account without a user name: the chat asks nothing of it that AbstractBaseUser hasn't."""

    email = models.EmailField(unique=True)

    objects = BaseUserManager()

    USERNAME_FIELD = "email"


class Article(models.Model):
    title = models.CharField(max_length=100)
    text = models.TextField()

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("article", args=[self.pk])
