from django import template
from django.template import Context

from chat import fragments

register = template.Library()


@register.simple_tag(takes_context=True)
def in_address(context: Context) -> str:
    """What the address of a cached fragment ends with, in a template of the same place."""
    return fragments.in_address(fragments.place_in(context))
