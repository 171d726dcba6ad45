"""Copies of a test database: PostgreSQL copies a small one in a tenth of a second.

Emptying and filling it again by the services would take twenty times as long.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections
from psycopg import Connection, connect, sql
from psycopg.errors import DuplicateDatabase, ObjectInUse

from overtime_ledger import devdb

KEPT, SOME = "kept_migrated", 5
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


def migrated(name: str) -> bytes:
    """The name of a database with the tables as the migrations make them: this one, made now, or one kept.

    The development server keeps some from one run to the next, by what the migrations say: they take longer
    than most files of tests.
    """
    kept = (
        f"test_{KEPT}_{_migrations()}" if os.environ["DATABASE_URL"] == devdb.DevelopmentServer().url else ""
    )
    if kept and kept in _kept():
        return kept.encode()
    dropped(name)
    _server("create database {}", name)
    with using(name):
        call_command("migrate", verbosity=0)
    if not kept:
        return name.encode()
    with suppress(DuplicateDatabase):  # another run was faster
        _server("alter database {} rename to {}", name, kept)
    for old in _kept()[:-SOME]:
        with suppress(ObjectInUse):
            _server("drop database if exists {}", old)
    return kept.encode()


def _kept() -> list[str]:
    """The databases that are kept, the oldest first."""
    with _connected() as server:
        rows = server.execute(
            "select datname from pg_database where datname like %s order by oid", (f"test_{KEPT}_%",)
        )
        return [name for (name,) in rows]


def _migrations() -> str:
    """What all migrations say, in a few letters."""
    said = sha256()
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            said.update(f"{app.label}/{file.name}\n".encode() + file.read_bytes())
    return said.hexdigest()[:12]


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
    with _connected() as server:
        server.execute(sql.SQL(command).format(*(sql.Identifier(name) for name in databases)))


def _connected() -> Connection[tuple[Any, ...]]:
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    known = ("host", "port", "user", "password", "dbname")
    return connect(**{key: parameters[key] for key in known if parameters.get(key)}, autocommit=True)


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
