"""Claims in the administration: the approver's queue with its verbs, and what is only to be read."""

from claims.admin import queue, registers, together

__all__ = ["queue", "registers", "together"]
