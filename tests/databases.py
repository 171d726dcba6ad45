"""Copies of a test database: PostgreSQL copies a small one in a tenth of a second.

Emptying and filling it again by the services would take twenty times as long.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections
from psycopg import connect, sql


@contextmanager
def copied(original: str, copy: str) -> Iterator[None]:
    """A copy of a database as long as it is wanted."""
    connections.close_all()
    _server("drop database if exists {} with (force)", copy)
    _server("create database {} template {}", copy, original)
    try:
        yield
    finally:
        _server("drop database {} with (force)", copy)


def _server(command: str, *databases: str) -> None:
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    known = ("host", "port", "user", "password", "dbname")
    with connect(**{key: parameters[key] for key in known if parameters.get(key)}, autocommit=True) as server:
        server.execute(sql.SQL(command).format(*(sql.Identifier(name) for name in databases)))


@contextmanager
def using(name: str) -> Iterator[None]:
    """Another database in the place of the usual one, in every thread."""
    connections.close_all()
    usual = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = usual
