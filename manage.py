#!/usr/bin/env python3
"""Runs an administrative command: `python manage.py help` lists them. What it refuses is counted."""

import os
import sys

from django.core.management import execute_from_command_line

from overtime_ledger.errors import listening


def run(arguments: list[str]) -> None:
    """Run a command and put the controls on record that refused somebody something in it."""
    with listening() as codes:
        try:
            execute_from_command_line(arguments)
        finally:
            if codes:
                from overtime_ledger.audit.services import put_on_record  # models are not there at the top

                put_on_record(codes, by=None, where=f"manage.py {arguments[1]}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "overtime_ledger.settings")
    run(sys.argv)
