from django.contrib.auth.views import LoginView
from django.urls import include, path

from magazine import views

urlpatterns = [
    path("", views.front, name="front"),
    path("articles/<int:pk>/", views.article, name="article"),
    path("enter/", LoginView.as_view(), name="enter"),
    path("talk/", include("chat.urls")),  # 4
]
