"""Elements in templates: {% element "button" type="submit" %}Send{% endelement %}, {% avatar key name colour %}."""

from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from chat import fragments

register = template.Library()


@register.simple_block_tag(takes_context=True, end_name="endelement")
def element(context: Context, content: str, name: str, **said: Any) -> SafeString:
    """Draws chat/elements/<name>.html around what stands in between."""
    if name not in fragments.ELEMENTS:
        raise template.TemplateSyntaxError(f"There is no element {name!r}, only {', '.join(fragments.ELEMENTS)}.")
    return fragments.element(name, content, said, fragments.place_in(context))


@register.simple_tag(takes_context=True)
def avatar(context: Context, key: str, name: str, colour: str = "") -> SafeString:
    """The sign of whoever has this key."""
    return fragments.avatar(key, name, colour, fragments.place_in(context))
