"""One run of a command at a time, whatever machine it runs on."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def alone(lock: int) -> Iterator[bool]:
    """Whether nobody else holds the lock of this number, which is held meanwhile.

    PostgreSQL lets go of it when its holder ends, however it ends.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [lock])
        allowed = cursor.fetchone() == (True,)
    try:
        yield allowed
    finally:
        if allowed:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [lock])
