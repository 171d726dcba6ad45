"""Verbs on the books: one module for each part of the work."""
