import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    pass


class User(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    email = models.EmailField(unique=True)
    city = models.CharField(max_length=40)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["city"]
