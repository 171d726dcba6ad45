"""Copies of a test database: PostgreSQL copies a small one in a tenth of a second.

Emptying and filling it again by the services would take twenty times as long.
"""

import fcntl
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models import Model
from psycopg import Connection, connect, sql
from psycopg.errors import DuplicateDatabase, ObjectInUse

from overtime_ledger import devdb

Made = TypeVar("Made")
KEPT, SOME = "kept_migrated", 5
OwnDatabases = Callable[[], AbstractContextManager[None]]


# What most tests begin with

P = ParamSpec("P")
_made: dict[object, tuple[bytes, str]] = {}
_elsewhere: list[str] = []


def kept(make: Callable[P, Made]) -> Callable[P, Made]:
    """What `make` makes first in a test, with all its rows: made once a process, then put back as it was.

    Rows go past the triggers, which had their say when they were made. They keep their numbers, which no
    sequence gives twice. In a copy, and where a test has emptied the tables, it is made anew.
    """

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> Made:
        if _elsewhere or not Group.objects.exists():
            return make(*args, **kwargs)
        key = make.__module__, make.__qualname__, args, tuple(kwargs.items())
        if key in _made:
            result, rows = _made[key]
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(rows)
            return cast(Made, pickle.loads(result))
        before = _keys()
        new = make(*args, **kwargs)
        _made[key] = pickle.dumps(new), _added_since(before)
        return new

    return made


def _keys() -> dict[type[Model], list[Any]]:
    """The keys of the rows that each table has."""
    tables = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return {model: list(model._base_manager.order_by().values_list("pk", flat=True)) for model in tables}


def _added_since(before: dict[type[Model], list[Any]]) -> str:
    """The statement that adds again what was added to the tables since."""
    added = [sql.SQL("set local session_replication_role = replica")]
    with connection.cursor() as cursor:
        for model, there in before.items():
            key, table = sql.Identifier(model._meta.pk.column), sql.Identifier(model._meta.db_table)
            rows = sql.SQL("select json_agg(row)::text from {} as row where not {} = any(%s)")
            cursor.execute(rows.format(table, key), (there,))
            if said := cursor.fetchone()[0]:
                again = sql.SQL("insert into {0} select * from json_populate_recordset(null::{0}, {1})")
                added.append(again.format(table, sql.Literal(said)))
        added.append(sql.SQL("set local session_replication_role = origin"))
        return sql.SQL("; ").join(added).as_string(cursor.connection)


# Copies


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
    lasting = (
        f"test_{KEPT}_{_migrations()}" if os.environ["DATABASE_URL"] == devdb.DevelopmentServer().url else ""
    )
    if lasting and lasting in _old_ones():
        return lasting.encode()
    dropped(name)
    _server("create database {}", name)
    with using(name):
        call_command("migrate", verbosity=0)
    if not lasting:
        return name.encode()
    with suppress(DuplicateDatabase):  # another run was faster
        _server("alter database {} rename to {}", name, lasting)
    for old in _old_ones()[:-SOME]:
        with suppress(ObjectInUse):
            _server("drop database if exists {}", old)
    return lasting.encode()


def _old_ones() -> list[str]:
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
    _elsewhere.append(name)
    _use(name)
    try:
        yield
    finally:
        _elsewhere.remove(name)
        _use(usual)


def _use(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()  # Where tables were emptied, types came back under other numbers.
