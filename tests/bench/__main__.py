"""Measurements, all in one run on one database made for it: `make bench`. Not a test: the machine decides."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

ROUNDS = 5  # the two that are compared take turns; the best round of each counts
POSTS, APPROVALS = 240, 120  # in a round, shared between the connections
CONNECTIONS = (1, 4, 8)
BULK = 1000
ENTRIES = 100_000


@contextmanager
def own_database() -> Iterator[None]:
    """An empty database beside the one that DATABASE_URL names, put in its place and dropped in the end."""
    given = os.environ["DATABASE_URL"]
    name = f"overtime_ledger_bench_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        os.environ |= {
            "DATABASE_URL": urlsplit(given)._replace(path=f"/{name}").geturl(),
            "DJANGO_SETTINGS_MODULE": "overtime_ledger.settings",
            "LEDGER_TODAY": "2021-03-08",
        }
        try:
            yield
        finally:
            server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@contextmanager
def workers(number: int) -> Iterator[list[Connection]]:
    """Processes, so that they do not wait for one another in Python; each with a connection of its own."""
    from tests.bench import work

    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(number)]
    processes = [context.Process(target=work.serve, args=(there,), daemon=True) for _, there in pipes]
    for process in processes:
        process.start()
    yield [here for here, _ in pipes]
    for here, _ in pipes:
        here.send(None)
    for process in processes:
        process.join()


def seconds(pipes: list[Connection], what: str, line: int, di: int, items: list[Any]) -> float:
    """How long some workers take over some items together, from the first start to the last end."""
    for number, pipe in enumerate(pipes):
        pipe.send((what, line, di, items[number :: len(pipes)]))
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send("go")
    times = [pipe.recv() for pipe in pipes]
    return float(max(end for _, end in times) - min(start for start, _ in times))


def compare(pipes: list[Connection], ours: str, theirs: str, *, goal: float, items: Iterator[Any], each: int,
            line: int, di: int) -> None:  # fmt: skip
    """Print how many a second one way does, and the other, at each number of connections."""
    for number in CONNECTIONS:
        spent: dict[str, list[float]] = {ours: [], theirs: []}
        for what in (ours, theirs) * ROUNDS:
            spent[what].append(seconds(pipes[:number], what, line, di, list(islice(items, each))))
        our_rate, their_rate = each / min(spent[ours]), each / min(spent[theirs])
        ratio = our_rate / their_rate
        print(
            f"{ours:>12} {our_rate:6.0f}/s   {theirs:>17} {their_rate:6.0f}/s   {number} connections   "
            f"ratio {ratio:.2f} (goal {goal}) {said(ratio >= goal)}",
            flush=True,
        )


def said(reached: bool) -> str:
    return "" if reached else "MISSED"


def main() -> None:
    import django

    django.setup()
    from django.db import connection

    from tests.bench import books, reading

    began = time.monotonic()
    approvals = 2 * ROUNDS * APPROVALS * len(CONNECTIONS)
    made = books.fill(claims=approvals + BULK, entries=ENTRIES)
    print(f"Books filled in {time.monotonic() - began:.0f} s: {ENTRIES} entries, {approvals + BULK} claims")
    with workers(max(CONNECTIONS)) as pipes:
        references = (f"bench:{number}" for number in count())
        claims = iter(made.claims)
        where = {"line": made.line, "di": made.di}
        compare(pipes, "ledger.post", "INSERT by psycopg", goal=0.5, items=references, each=POSTS, **where)
        compare(pipes, "approve", "PL/pgSQL call", goal=0.3, items=claims, each=APPROVALS, **where)
        bulk = seconds(pipes[:1], "approve together", items=list(claims), **where)
        print(f"{BULK} approvals in one go: {bulk:.2f} s (goal 2) {said(bulk < 2)}")
    for what, milliseconds in reading.milliseconds_in_the_database(made.large_grant):
        goal = "" if "past" in what else f" (goal 50) {said(milliseconds < 50)}"
        print(f"{what}: {milliseconds:.1f} ms{goal}")
    connection.close()
    print(f"All in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    with own_database():
        main()
