"""The work that is measured, each piece done over and over by one process on one connection of its own."""

import time
from collections.abc import Callable
from functools import cache
from multiprocessing.connection import Connection
from typing import Any

Work = Callable[[int, int, list[Any]], None]


def serve(pipe: Connection) -> None:
    """A worker: takes an order of work, says it is ready, starts when told to, and returns its times."""
    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    while order := pipe.recv():
        name, line, di, items = order
        warm_up(di)
        pipe.send("ready")
        pipe.recv()
        began = time.monotonic()
        WORK[name](line, di, items)
        pipe.send((began, time.monotonic()))


@cache
def warm_up(di: int) -> Any:
    """The person who presses, as a page has them already."""
    from overtime_ledger.accounts.models import User

    plain()
    return User.objects.get(pk=di)


@cache
def plain() -> Any:
    """A connection of psycopg alone, to the same database."""
    import psycopg
    from django.db import connection

    known = connection.get_connection_params()
    keys = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(autocommit=True, **{key: known[key] for key in keys if key in known})


def post_by_ledger(line: int, di: int, references: list[str]) -> None:
    from grants import ledger
    from grants.models import BudgetLine
    from tests.factories import START

    to, by = BudgetLine.objects.get(pk=line), warm_up(di)
    for reference in references:
        ledger.post(ledger.Kind.TASKING, to, 1, effective_on=START, reference=reference, by=by)


def post_by_psycopg(line: int, di: int, references: list[str]) -> None:
    from grants.ledger import INSERT
    from tests.factories import START

    (grant,) = plain().execute("select grant_id from grants_budgetline where id = %s", (line,)).fetchone()
    for reference in references:
        values = (
            grant,
            "tasking",
            line,
            "available",
            line,
            "tasked",
            1,
            START,
            START,
            reference,
            "",
            di,
            None,
        )
        plain().execute(INSERT, values)


def approve_by_service(line: int, di: int, claims: list[int]) -> None:
    from claims import selectors, services
    from grants.selectors import authorities_held

    by = warm_up(di)
    held = authorities_held(by)
    for claim in selectors.drawn_together(dict.fromkeys(claims)):
        services.approve(claim, by=by, revision=claim.revision, held=held[claim.grant_id])


def approve_together(line: int, di: int, claims: list[int]) -> None:
    """As the page does it: what was drawn up, some claims a request; the sample counts as opened."""
    from claims.models import Claim
    from claims.services import together
    from overtime_ledger import clock

    by = warm_up(di)
    drawn = together.draw(Claim.objects.filter(pk__in=claims), by=by)
    drawn.rows.filter(is_sample=True).update(opened_at=clock.now())
    while together.approve_next(drawn, by=by):
        pass


def approve_in_one_call(line: int, di: int, claims: list[int]) -> None:
    for claim in claims:
        plain().execute("select bench_approve(%s, %s)", (claim, di))


WORK: dict[str, Work] = {
    "ledger.post": post_by_ledger,
    "INSERT by psycopg": post_by_psycopg,
    "approve": approve_by_service,
    "approve together": approve_together,
    "PL/pgSQL call": approve_in_one_call,
}
