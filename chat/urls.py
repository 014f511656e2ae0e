from django.urls import path

from chat.views import accounts, cached, embed, forms, gallery, mentions, message, pages, rooms, search, shown

app_name = "chat"
urlpatterns = [
    path("", pages.default_room, name="default_room"),
    path("viewer/<str:key>.css", cached.viewer_style, name="viewer_style"),
    path("manifest.webmanifest", shown.manifest, name="manifest"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("gallery/<path:name>/<slug:state>/", gallery.sample, name="gallery_sample"),
    path("me/", accounts.me, name="me"),
    path("mentions/", mentions.mentions, name="mentions"),
    path("rooms/", rooms.rooms, name="rooms"),
    path("rooms/new/", rooms.new_room, name="new_room"),
    path("search/", search.search, name="search"),
    path("talk/", rooms.talk, name="talk"),
    path("<slug:slug>/", pages.room, name="room"),
    path("<slug:slug>/<int:seq>/", message.message, name="message"),
    path("<slug:slug>/<int:seq>/menu/", message.menu, name="menu"),
    path("<slug:slug>/<int:seq>/edit/", message.edit, name="edit"),
    path("<slug:slug>/<int:seq>/delete/", message.delete, name="delete"),
    path("<slug:slug>/<int:seq>/pin/", message.pin, name="pin"),
    path("<slug:slug>/embed/", embed.embed, name="embed"),
    path("<slug:slug>/about/", rooms.about, name="about"),
    path("<slug:slug>/about/<str:verb>/", rooms.act, name="act"),
    path("<slug:slug>/join/", rooms.act, {"verb": "join"}, name="join"),
    path("<slug:slug>/join/<str:token>/", rooms.invited, name="invited"),
    path("<slug:slug>/leave/", rooms.act, {"verb": "leave"}, name="leave"),
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
