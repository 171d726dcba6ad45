"""The tags and filters that every template knows without loading them."""

from django.template import Library

register = Library()
