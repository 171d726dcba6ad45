"""Figures of the books: one module for each part of the work."""
