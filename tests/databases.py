"""Copies of a test database: PostgreSQL copies a small one in a tenth of a second.

Emptying and filling it again by the services would take twenty times as long.
"""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections
from psycopg import connect, sql

OwnDatabases = Callable[[], AbstractContextManager[None]]


def made_by_the_first(file: Path, make: Callable[[], bytes]) -> bytes:
    """What `make` makes, once: the first of several processes makes and keeps it while the others wait."""
    with file.open("a+b") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        kept.seek(0)
        made = kept.read()
        if not made:
            made = make()
            kept.write(made)
        return made


def made_anew(name: str) -> bytes:
    """Make a database with tables and roles, and return its name."""
    dropped(name)
    _server("create database {}", name)
    with using(name):
        call_command("migrate", verbosity=0)
        call_command("roles", "load")
    return name.encode()


@contextmanager
def copied(original: str, name: str) -> Iterator[None]:
    """A copy of a database as long as it is wanted."""
    copy(original, name)
    try:
        yield
    finally:
        dropped(name)


def copy(original: str, name: str) -> None:
    """Copy a database to which nobody is connected, in the place of an older copy."""
    connections.close_all()
    dropped(name)
    _server("create database {} template {}", name, original)


def dropped(name: str) -> None:
    """Drop a database if there is one."""
    _server("drop database if exists {} with (force)", name)


def _server(command: str, *databases: str) -> None:
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    known = ("host", "port", "user", "password", "dbname")
    with connect(**{key: parameters[key] for key in known if parameters.get(key)}, autocommit=True) as server:
        server.execute(sql.SQL(command).format(*(sql.Identifier(name) for name in databases)))


@contextmanager
def using(name: str) -> Iterator[None]:
    """Another database in the place of the usual one, in every thread."""
    usual = connection.settings_dict["NAME"]
    _use(name)
    try:
        yield
    finally:
        _use(usual)


def _use(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()  # Where tables were emptied, types came back under other numbers.
