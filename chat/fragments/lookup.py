"""Which template it is: from special to general, among the project's own and the app's.

A place says where in `chat/` the templates for a room are looked for before the general ones: "public/blog/post" for a
public room of an object of that model, "private" for another one, empty where there is none of these. What a template
includes or extends is of the same place: Django asks the engine that renders.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.template import Engine, Node, Origin, Template, TemplateDoesNotExist, engines
from django.template.backends.django import DjangoTemplates
from django.template.loaders.base import Loader
from django.template.loaders.cached import Loader as CachedLoader
from django.utils.autoreload import file_changed

from chat.models import Kind, Room

logger = logging.getLogger("chat.templates")

OWN = Path(__file__).parent.parent / "templates"
CACHED = "django.template.loaders.cached.Loader"


@cache
def names() -> list[str]:
    """Of the app's own templates."""
    return sorted(path.relative_to(OWN).as_posix() for path in OWN.rglob("*.*"))


def place_of(room: object) -> str:
    if not isinstance(room, Room):
        return ""
    place = str(room.kind)
    if room.content_type_id is not None:
        model = ContentType.objects.get_for_id(room.content_type_id)  # asks the database once in a process
        place += f"/{model.app_label}/{model.model}"
    return place if lookup().is_special(place) else ""


def known_place(place: str) -> str:
    """The same, or nothing if there are no templates of that place, or can't be: anybody may say it."""
    kind, _, model = place.partition("/")
    app_label, _, model_name = model.partition("/")
    known = kind in Kind.values and (not model or model_name in apps.all_models.get(app_label, ()))
    return place if known and lookup().is_special(place) else ""


class Places(Loader):
    """Asks a project's own loaders for the templates of a place before the general ones."""

    def __init__(self, engine: Engine, place: str, loaders: Sequence[Any]):
        super().__init__(engine)
        self._loaders = engine.get_template_loaders(loaders)
        self._place = place

    def get_template_sources(self, template_name: str) -> Iterator[Origin]:
        for name in [*_special(template_name, self._place), template_name]:
            for loader in self._loaders:
                for origin in loader.get_template_sources(name):
                    # By the name that was asked for, by which Django knows what a template that extends has passed.
                    yield Origin(origin.name, template_name, origin.loader)

    def get_contents(self, origin: Any) -> str:
        contents: str = origin.loader.get_contents(origin)
        return contents


def _folders(place: str) -> list[str]:
    """In `chat/`, from special to general."""
    kind, _, model = place.partition("/")
    return [folder for folder in (model, kind) if folder]


def _special(name: str, place: str) -> list[str]:
    """Under which names it is looked for first."""
    folders = _folders(place) if name.startswith("chat/") else []
    return [name.replace("chat/", f"chat/{folder}/", 1) for folder in folders]


class Lookup:
    """What was found out about a project's templates, until one of them changes."""

    def __init__(self, first: Engine):
        self.first = first
        ours = (one for one in _engines() if _is_there(one, "chat/base.html"))
        self.general = next(ours, first)
        self._engines: dict[str, Engine] = {"": self.general}
        """By place."""
        self._unreadable: set[tuple[str, str]] = set()
        self._told: dict[str, object] = {}

    @cached_property
    def own(self) -> Engine:
        """It knows the app's own templates alone."""
        return _like(self.general, ("django.template.loaders.filesystem.Loader", [OWN]))

    def template(self, name: str, place: str) -> Template:
        if (place, name) in self._unreadable:
            return self.own.get_template(name)
        try:
            return self.engine(place).get_template(name)
        except TemplateDoesNotExist:
            raise
        except Exception:
            self._unreadable.add((place, name))
            raise

    def is_special(self, place: str) -> bool:
        return self.engine(place) is not self.general

    def engine(self, place: str) -> Engine:
        if place not in self._engines:
            there = any(_has_templates(self.general, folder) for folder in _folders(place))
            self._engines[place] = self._made(place) if there else self.general
        return self._engines[place]

    def places(self) -> list[str]:
        """All that have templates of their own, and the general one."""
        models = [model._meta.label_lower.replace(".", "/") for model in apps.get_models()]
        special = [*Kind.values, *(f"{Kind.PUBLIC}/{model}" for model in models if _has_templates(self.general, model))]
        return ["", *filter(self.is_special, special)]

    def overrides(self, place: str) -> dict[str, Template | Exception]:
        """{name: what stands in for the app's own of that name there}, or why it can't be read."""
        found: dict[str, Template | Exception] = {}
        engine = self.engine(place)
        for name in names():
            try:
                if not is_own(_origin(engine, name)):  # to compile all others would take seconds
                    found[name] = engine.get_template(name)
            except Exception as error:
                found[name] = error
        return found

    def _made(self, place: str) -> Engine:
        loaders = self.general.loaders
        if len(loaders) == 1 and loaders[0][0] == CACHED:
            loaders = loaders[0][1]
        made: Any = _like(self.general, (f"{__name__}.Places", place, loaders))
        made.place = place
        return made

    def override_in(self, error: Exception) -> Origin | None:
        """The innermost template on the way to the error that isn't the app's."""
        found, step = None, error.__traceback__
        while step is not None:
            one = step.tb_frame.f_locals.get("self")
            origin = getattr(one, "origin", None) if isinstance(one, (Node, Template)) else None
            found = origin if origin and not is_own(origin) else found
            step = step.tb_next
        return found

    def tell(self, override: Origin, error: Exception) -> None:
        """Once in each process: a room may have a thousand messages."""
        mark = object()
        if self._told.setdefault(override.name, mark) is mark:
            logger.error(
                "The template %s failed: the chat's own is shown in its place, now and wherever it fails again. "
                "`manage.py check` says what is wrong with it.",
                override.name,
                exc_info=error,
            )


def is_own(origin: Origin) -> bool:
    return Path(origin.name).is_relative_to(OWN)


def _engines() -> list[Engine]:
    return [one.engine for one in engines.all() if isinstance(one, DjangoTemplates)]


def _is_there(engine: Engine, name: str) -> bool:
    return any(_given(loader, name) for loader in _innermost(engine.template_loaders))


def _has_templates(engine: Engine, folder: str) -> bool:
    for loader in _innermost(engine.template_loaders):
        if hasattr(loader, "get_dirs"):  # to look for each name of ours in each folder would take long
            if any(Path(base, "chat", folder).is_dir() for base in loader.get_dirs()):
                return True
        elif any(_given(loader, name.replace("chat/", f"chat/{folder}/", 1)) for name in names()):
            return True
    return False


def _innermost(loaders: Iterable[Any]) -> Iterator[Any]:
    for loader in loaders:
        if isinstance(loader, CachedLoader):
            yield from _innermost(loader.loaders)
        else:
            yield loader


def _origin(engine: Engine, name: str) -> Origin:
    """Where it would be read."""
    for loader in _innermost(engine.template_loaders):
        if origin := _given(loader, name):
            return origin
    raise TemplateDoesNotExist(name)


def _given(loader: Any, name: str) -> Origin | None:
    origin: Origin
    for origin in loader.get_template_sources(name):
        with suppress(TemplateDoesNotExist):
            loader.get_contents(origin)
            return origin
    return None


def _like(engine: Engine, loader: Sequence[Any]) -> Engine:
    """The same with another loader, whose templates are compiled once."""
    return Engine(
        dirs=engine.dirs,
        context_processors=engine.context_processors,
        debug=engine.debug,
        loaders=[(CACHED, [loader])],
        string_if_invalid=engine.string_if_invalid,
        file_charset=engine.file_charset,
        libraries=engine.libraries,
        builtins=engine.builtins,
    )


_found: list[Lookup] = []


def lookup() -> Lookup:
    """Found out anew when the setting TEMPLATES has become another one."""
    first = Engine.get_default()
    if not _found or _found[0].first is not first:
        _found[:] = [Lookup(first)]
    return _found[0]


def _forget(sender: object, file_path: Path, **signal: Any) -> None:
    """Receives what the autoreloader of `runserver` sees; Django makes its own engines forget."""
    if file_path.suffix != ".py":
        _found.clear()


file_changed.connect(_forget, dispatch_uid="chat.templates")
