"""Grants in the administration, a module for each part."""

from grants.admin import books, grant, planning, rates

__all__ = ["books", "grant", "planning", "rates"]
