from django.urls import path

from chat.views import accounts, cached, forms, pages

app_name = "chat"
urlpatterns = [
    path("", pages.default_room, name="default_room"),
    path("viewer/<str:key>.css", cached.viewer_style, name="viewer_style"),
    path("me/", accounts.me, name="me"),
    path("<slug:slug>/", pages.room, name="room"),
    path("<slug:slug>/messages/", forms.messages, name="messages"),
    path("<slug:slug>/name/", forms.name, name="name"),
    path("<slug:slug>/plain/", forms.plain, name="plain"),
    path("<slug:slug>/composer/<str:chain>/<int:number>/", cached.composer, name="composer"),
    path("<slug:slug>/lines/<str:chain>/<int:number>/", cached.composer, {"lines": True}, name="composer_lines"),
    path("<slug:slug>/connection/<str:state>/", cached.connection, name="connection"),
    path("<slug:slug>/older/<int:before>/", cached.older, name="older"),
    path("<slug:slug>/send/", cached.send, name="send"),
    path("<slug:slug>/new-line/", cached.new_line, name="new_line"),
]
