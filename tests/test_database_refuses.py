"""What the database refuses whatever program writes: everything here goes round Python, with plain SQL.

The books are made once, by the services, and committed; then each test comes with a connection of its own, as
psql would, and its transaction is committed for real, because some rules are checked only then. The numbers
in the names are those of the list in the controls: "What the database itself refuses".
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from pytest_django.plugin import DjangoDbBlocker

from claims import services as claims
from claims.models import Claim
from claims.services import safeguards
from grants import services as grants
from grants.models import OnCostRate
from overtime_ledger import clock
from overtime_ledger.accounts.models import PayTable, User
from overtime_ledger.accounts.services import PayPointRow, record_pay_table
from tasking import services as tasking
from tasking.models import Enquiry, RuleSet, SubstitutedHoliday
from tests import factories as make

pytestmark = pytest.mark.django_db

DAY = date(2021, 2, 10)
Run = Callable[..., psycopg.Cursor[Any]]


class Outside:
    """A connection that knows nothing of Django, and the numbers of the rows it is let loose on."""

    def __init__(self, connection: psycopg.Connection[Any], rows: dict[str, Any]) -> None:
        self.connection, self.rows = connection, rows

    def run(self, sql: str, **values: Any) -> psycopg.Cursor[Any]:
        """Send a statement; `%(name)s` stands for a value given here or for a row of the books."""
        return self.connection.execute(sql, self.rows | values)

    def value(self, sql: str, **values: Any) -> Any:
        row = self.run(sql, **values).fetchone()
        assert row is not None
        return row[0]

    @contextmanager
    def refused(self, rule: str) -> Iterator[Run]:
        """What is run inside, commit included, breaks the constraint of that name."""
        with pytest.raises(psycopg.Error) as refusal:
            yield self.run
            self.connection.commit()
        self.connection.rollback()
        assert refusal.value.diag.constraint_name == rule, refusal.value

    @contextmanager
    def refused_to_wait(self) -> Iterator[Run]:
        """What is run inside would wait for somebody else's transaction."""
        with pytest.raises(psycopg.errors.LockNotAvailable):
            self.run("set local lock_timeout = '50ms'")
            yield self.run
        self.connection.rollback()

    @contextmanager
    def allowed(self) -> Iterator[Run]:
        """What is run inside breaks no rule at all; it is taken back."""
        yield self.run
        self.run("set constraints all immediate")
        self.connection.rollback()


@pytest.fixture(scope="module")
def rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """Books with a claim in every state, a second grant in draft, and the key of each row by a name."""
    with django_db_blocker.unblock():
        assert str(connection.settings_dict["NAME"]).startswith("test_")
        try:
            yield books()
        finally:
            call_command("flush", verbosity=0, interactive=False)
            connection.close()


@pytest.fixture
def outside(rows: dict[str, Any]) -> Iterator[Outside]:
    parameters = connection.get_connection_params()
    wanted = {
        key: parameters[key] for key in ("host", "port", "user", "password", "dbname") if key in parameters
    }
    with psycopg.connect(**wanted) as own:
        yield Outside(own, rows)
        own.rollback()


@transaction.atomic
def books() -> dict[str, Any]:
    house = make.house()
    enquiry, other_enquiry = make.enquiry(house), make.enquiry(house)
    agreement = make.agree(house)
    officers = [make.officer(house.lead) for _ in range(9)]
    duties = [make.assignment(house, enquiry, officer, day=DAY) for officer in officers]
    found = {
        "submitted": make.claim(house, duties[0]),
        "certified": make.claim(house, duties[1], state="certified"),
        "approved": make.claim(house, duties[2], state="approved"),
        "also_approved": make.claim(house, duties[3], state="approved"),
    }
    with clock.travel(make.at(DAY + timedelta(days=2))):
        settled = make.claim(house, duties[4], state="approved")
        claims.settle(
            [settled], grant=house.grant, agency=house.lead, reference="Payroll 1", by=house.finance
        )
        found["settled"] = settled
        returned = make.claim(house, duties[5])
        found["returned"] = claims.return_claim(
            returned,
            by=house.supervisor,
            revision=returned.revision,
            reason_code="times",
            reason="Look again",
        )
        longer = claims.Statement(**{**vars(claims.as_planned(duties[6])), "ends_at": make.at(DAY, 22)})
        found["draft"] = claims.submit(longer, by=officers[6], reason="It went on")
        withdrawn = make.claim(house, duties[7])
        found["withdrawn"] = claims.withdraw(withdrawn, by=officers[7], revision=withdrawn.revision)
        rejected = make.claim(
            house, make.assignment(house, enquiry, officers[7], day=DAY + timedelta(days=1))
        )
        found["rejected"] = claims.reject(rejected, by=house.di, revision=rejected.revision, reason="No")
        gone = make.claim(house, duties[8], state="approved")
        found["reversed"] = claims.reverse(gone, by=house.di, revision=gone.revision, reason="Wrong")
    cancelled = make.assignment(house, enquiry, officers[8], day=DAY + timedelta(days=5))
    tasking.cancel(cancelled.tasking, by=house.di, reason="Not needed")
    draft = grants.set_up_grant(
        by=house.finance,
        reference="PCD 912",
        title="Another",
        funder="Home Office",
        fund="SOC",
        recipient="MOPAC",
        spending_body="MPS",
        purpose="Overtime",
        lead_force=house.lead,
        amount_pence=100_000,
        eligible_from=make.START,
        eligible_to=date(2021, 3, 31),
        claims_close_on=date(2021, 3, 31),
        books_close_on=date(2021, 4, 30),
    )
    return (
        {name: claim.pk for name, claim in found.items()}
        | reference_data(house, enquiry)
        | {
            "grant": house.grant.pk,
            "main": house.grant.lines.get(is_main=True).pk,
            "line": enquiry.line_id,
            "other_line": other_enquiry.line_id,
            "enquiry": enquiry.pk,
            "draft_grant": draft.pk,
            "draft_line": draft.lines.get().pk,
            "gate": house.grant.gates.first().pk,
            "draft_gate": draft.gates.first().pk,
            "agreement": agreement.pk,
            "rate": agreement.rates.first().pk,
            "duty": make.assignment(house, enquiry, officers[0], day=DAY + timedelta(days=2)).pk,
            "cancelled": cancelled.pk,
            "officer": officers[0].pk,
            "another": make.officer(house.lead).pk,
            "di": house.di.pk,
            "finance": house.finance.pk,
            "second_finance": house.second_finance.pk,
            "supervisor": house.supervisor.pk,
            "agency": house.lead.pk,
            "other_agency": house.other.pk,
            "day": DAY,
        }
    )


def reference_data(house: make.House, enquiry: Enquiry) -> dict[str, Any]:
    """What pay is reckoned from, confirmed and not yet; a substituted holiday; time off due and granted."""
    make.on_costs()
    confirmed = PayTable.objects.get(confirmed_by__isnull=False)
    loaded = record_pay_table(
        by=house.finance,
        valid_from=date(2021, 9, 1),
        source="Circular",
        points=[PayPointRow("constable", "constable_2013", "7", 4_200_000, "sourced")],
    )
    rules = tasking.record_rule_set(
        by=house.finance, agency=house.lead, valid_from=date(2021, 9, 1), source="Note"
    )
    percentage = grants.record_on_cost(
        by=house.finance,
        kind=OnCostRate.Kind.LEVY,
        percent=Decimal("0.5"),
        valid_from=date(2021, 9, 1),
        source="Rates",
    )
    worker = make.officer(house.lead)
    substituted = SubstitutedHoliday.objects.create(
        officer=worker,
        day=date(2021, 3, 3),
        in_place_of=date(2020, 12, 28),
        evidence="Form 728 of 4 January 2021",
        recorded_by=house.supervisor,
    )
    toil, another = (
        make.assignment(house, enquiry, worker, day=date(2021, 3, day), duty_type="toil") for day in (1, 2)
    )
    granted = tasking.grant_time_off(toil.time_owed.get(), by=house.supervisor, granted_for=date(2021, 3, 5))
    return {
        "table": confirmed.pk,
        "point": confirmed.points.get().pk,
        "loaded_table": loaded.pk,
        "loaded_point": loaded.points.get().pk,
        "rule_set": RuleSet.objects.get(confirmed_by__isnull=False).pk,
        "recorded_rule_set": rules.pk,
        "on_cost": OnCostRate.objects.filter(confirmed_by__isnull=False).latest("pk").pk,
        "recorded_on_cost": percentage.pk,
        "substituted": substituted.pk,
        "worker": worker.pk,
        "toil": toil.pk,
        "granted": granted.pk,
        "due": another.time_owed.get().pk,
    }


POST = """
insert into grants_ledgerentry (
    grant_id, kind, source_line_id, source_stage, target_line_id, target_stage,
    pence, effective_on, posted_on, reference, reason, recorded_by_id, reverses_id)
values (%(of_grant)s, %(kind)s, %(source)s, %(source_stage)s, %(target)s, %(target_stage)s,
        %(pence)s, %(effective_on)s, %(posted_on)s, %(reference)s, '', %(di)s, %(reverses)s)
"""
MOVES = {
    "award": ("funder", "available"),
    "allocation": ("available", "available"),
    "move": ("available", "available"),
    "tasking": ("available", "tasked"),
    "submission": ("tasked", "claimed"),
    "withdrawal": ("claimed", "tasked"),
    "rejection": ("claimed", "available"),
    "approval": ("claimed", "approved"),
    "settlement": ("approved", "settled"),
    "release": ("tasked", "available"),
}


def post(outside: Outside, kind: str, pence: int = 1, *, more: str = "", **changes: Any) -> None:
    """Insert an entry of a kind on the enquiry's line; `changes` replace any of its fields."""
    source_stage, target_stage = MOVES.get(kind, ("available", "available"))
    line = outside.rows["line"]
    entry: dict[str, Any] = {
        "of_grant": outside.rows["grant"],
        "kind": kind,
        "source": line,
        "source_stage": source_stage,
        "target": line,
        "target_stage": target_stage,
        "pence": pence,
        "effective_on": DAY,
        "posted_on": DAY,
        "reference": "outside:1",
        "reverses": None,
    }
    outside.run(POST + more, **(entry | changes))


def mirror(outside: Outside, reference: str, **changes: Any) -> None:
    """Insert the reversal of an entry, perhaps not quite."""
    outside.run(
        "insert into grants_ledgerentry (grant_id, kind, source_line_id, source_stage, target_line_id,"
        " target_stage, pence, effective_on, posted_on, reference, reason, recorded_by_id, reverses_id)"
        " select grant_id, 'reversal', target_line_id, target_stage, source_line_id, source_stage,"
        " pence + %(more)s, effective_on, %(posted_on)s, %(new)s, '', %(di)s, id"
        " from grants_ledgerentry where reference = %(reference)s",
        **({"reference": reference, "new": f"{reference}:outside", "more": 0, "posted_on": DAY} | changes),
    )


def copy(outside: Outside, table: str, key: str, **changes: Any) -> None:
    """Insert a copy of a row under a new number, with changes."""
    outside.run(
        f"insert into {table} select (jsonb_populate_record(original, %(changes)s::jsonb"
        f" || jsonb_build_object('id', (select max(id) + 1 from {table})))).* from {table} original"
        " where id = %(original)s",
        original=outside.rows[key],
        changes=json.dumps(changes, default=str),
    )


def in_ones_own_trigger(run: Run, body: str, **values: Any) -> None:
    """Do something inside a trigger of a table of one's own, where the depth is that of the ledger's."""
    for name, value in values.items():
        body = body.replace(f"%({name})s", str(value))
    run("create temp table mine (id int)")
    run(
        "create function pg_temp.mine() returns trigger language plpgsql as"
        f" $$begin {body}; return new; end$$"
    )
    run("create trigger mine before insert on mine for each row execute function pg_temp.mine()")
    run("insert into mine values (1)")


def approve(run: Run, key: str = "certified", **changes: Any) -> None:
    """The claim's part of an approval: status, person and the reference of an entry."""
    sets = {"status": "approved", "approved_by_id": "di", "approval_entry_id": "outside:1"} | changes
    by = f"%({sets.pop('approved_by_id')})s"
    columns = ", ".join(f"{column} = '{value}'" for column, value in sets.items())
    run(
        f"update claims_claim set {columns}, approved_by_id = {by}, approved_at = now(),"
        f" revision = revision + 1 where id = %({key})s"
    )


@pytest.fixture
def pence(outside: Outside) -> int:
    """What the certified claim comes to."""
    return int(outside.value("select pence from claims_claim where id = %(certified)s"))


def test_what_is_right_is_allowed_so_that_the_refusals_mean_something(outside: Outside, pence: int) -> None:
    with outside.allowed() as run:
        post(outside, "approval", pence)
        approve(run)
        run("update grants_grant set title = 'Renamed', marking = 'OFFICIAL' where id = %(grant)s")
        run("update grants_budgetline set name = 'Renamed' where id = %(line)s")
        post(outside, "tasking", reference="outside:2")
        mirror(outside, "outside:2")
        post(outside, "allocation", source=outside.rows["main"], reference="outside:3")


# 1. A pot below zero


@pytest.mark.parametrize(
    ("kind", "pot"),
    [
        ("tasking", "available"),
        ("release", "tasked"),
        ("submission", "tasked"),
        ("withdrawal", "claimed"),
        ("rejection", "claimed"),
        ("approval", "claimed"),
        ("settlement", "approved"),
    ],
)
def test_1_no_entry_takes_a_pot_below_zero(outside: Outside, kind: str, pot: str) -> None:
    with outside.refused(f"grants_budgetline_{pot}_not_negative"):
        post(outside, kind, 100_000_000)


def test_1_not_by_one_penny(outside: Outside) -> None:
    available = outside.value("select available from grants_budgetline where id = %(line)s")
    with outside.allowed():
        post(outside, "tasking", available)
    with outside.refused("grants_budgetline_available_not_negative"):
        post(outside, "tasking", available + 1)


def test_1_nor_do_two_entries_of_one_statement_together(outside: Outside) -> None:
    available = outside.value("select available from grants_budgetline where id = %(line)s")
    with outside.refused("grants_budgetline_available_not_negative") as run:
        run(
            "insert into grants_ledgerentry (grant_id, kind, source_line_id, source_stage, target_line_id,"
            " target_stage, pence, effective_on, posted_on, reference, reason, recorded_by_id)"
            " select %(grant)s, 'tasking', %(line)s, 'available', %(line)s, 'tasked', %(half)s, %(day)s,"
            " %(day)s, 'outside:' || n, '', %(di)s from generate_series(1, 2) n",
            half=available // 2 + 1,
        )


@pytest.mark.parametrize("pence", [0, -1])
def test_1_an_entry_moves_pence_and_never_backwards(outside: Outside, pence: int) -> None:
    with outside.refused("grants_ledgerentry_pence_positive"):
        post(outside, "release", pence)


# 2. Changing or deleting an entry or an event

RECORDS = (
    "grants_ledgerentry",
    "claims_event",
    "claims_claimline",
    "tasking_taskingevent",
    "claims_settlement",
    "claims_evidence",
)


@pytest.mark.parametrize("table", RECORDS)
def test_2_a_record_is_not_deleted(outside: Outside, table: str) -> None:
    with outside.refused(f"{table}_append_only") as run:
        run(f"delete from {table}")


@pytest.mark.parametrize("table", RECORDS)
def test_2_a_record_is_not_changed_not_even_to_the_same(outside: Outside, table: str) -> None:
    with outside.refused(f"{table}_append_only") as run:
        run(f"update {table} set id = id")


def test_2_who_looked_stays_on_record(outside: Outside) -> None:
    entry = "insert into audit_accesslog (by_id, action, what, filters, rows, sha256)"
    for change in ("update audit_accesslog set rows = 0", "delete from audit_accesslog"):
        with outside.refused("audit_accesslog_append_only") as run:
            run(entry + " values (%(di)s, 'viewed', 'A page', '{}', 1, '')")
            run(change)


def test_2_an_insert_that_turns_into_an_update_changes_nothing(outside: Outside) -> None:
    reference = outside.value("select reference from grants_ledgerentry order by number limit 1 offset 3")
    with outside.refused("grants_ledgerentry_append_only"):
        post(
            outside,
            "tasking",
            reference=reference,
            more="on conflict (reference) do update set reason = 'another'",
        )


def test_2_a_decision_about_more_time_stands(outside: Outside) -> None:
    decide = "update claims_moretime set status = 'refused', decided_by_id = {}, decided_at = now()"
    with outside.refused("claims_moretime_append_only") as run:
        run(decide.format("%(di)s"))
        run(decide.format("%(supervisor)s"))
    with outside.refused("claims_moretime_append_only") as run:
        run("delete from claims_moretime")
    with outside.refused("claims_moretime_two_people") as run:
        run(decide.format("asked_by_id"))
    with outside.refused("claims_moretime_decided_by_someone") as run:
        run("update claims_moretime set status = 'granted'")


# 3. A balance changed by anything but an entry

BALANCES = ("available", "tasked", "claimed", "approved", "settled")


@pytest.mark.parametrize("column", [*BALANCES, "last_number"])
def test_3_a_balance_is_not_written(outside: Outside, column: str) -> None:
    with outside.refused("grants_budgetline_only_by_entry") as run:
        run(f"update grants_budgetline set {column} = {column} + 1 where id = %(line)s")


def test_3_nor_moved_from_one_stage_to_another(outside: Outside) -> None:
    with outside.refused("grants_budgetline_only_by_entry") as run:
        run("update grants_budgetline set tasked = tasked + 1, available = available - 1 where id = %(line)s")


@pytest.mark.parametrize("also", ["", ", last_number = last_number + 1"])
def test_3_nor_inside_a_trigger_of_ones_own(outside: Outside, also: str) -> None:
    with outside.refused("grants_budgetline_only_by_entry") as run:
        in_ones_own_trigger(
            run,
            f"update grants_budgetline set available = available + 1{also} where id = {outside.rows['line']}",
        )


def test_3_nor_twice_by_one_entry(outside: Outside) -> None:
    """Somebody posts an entry and has its movement happen to the line once more."""
    line = outside.rows["line"]
    with outside.refused("grants_budgetline_only_by_entry") as run:
        post(outside, "release", 10)
        in_ones_own_trigger(
            run,
            "update grants_budgetline set available = available + 10, tasked = tasked - 10"
            f" where id = {line}",
        )


def test_3_nor_by_an_insert_that_comes_to_nothing(outside: Outside) -> None:
    """Its trigger runs before the conflict is found: balances moved, and no entry says why."""
    reference = outside.value("select reference from grants_ledgerentry limit 1")
    with outside.refused("grants_grant_only_by_entry"):
        post(outside, "tasking", reference=reference, more="on conflict do nothing")


def test_3_nor_by_the_ledgers_own_trigger_on_another_table(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_is_the_ledger") as run:
        run("create temp table mine (like grants_ledgerentry)")
        run("alter table mine alter id drop not null, alter number drop not null, alter digest drop not null")
        run("create trigger post before insert on mine for each row execute function grants_post_entry()")
        run("insert into mine select * from grants_ledgerentry where kind = 'tasking' limit 1")


def test_3_a_line_is_not_born_with_money(outside: Outside) -> None:
    born = (
        "insert into grants_budgetline"
        " (grant_id, name, is_main, available, tasked, claimed, approved, settled, last_number)"
    )
    with outside.refused("grants_budgetline_only_by_entry") as run:
        run(born + " values (%(grant)s, 'Mine', false, 1, 0, 0, 0, 0, 0)")
    with outside.refused("grants_budgetline_only_by_entry") as run:
        in_ones_own_trigger(run, born + f" values ({outside.rows['grant']}, 'Mine', false, 0, 1, 0, 0, 0, 0)")


def test_3_a_line_with_money_is_not_taken_away_nor_put_back_empty(outside: Outside) -> None:
    with outside.refused("grants_budgetline_stays_itself") as run:
        run("delete from grants_budgetline where id = %(other_line)s")


@pytest.mark.parametrize(
    "change", ["id = id + 1000", "grant_id = %(draft_grant)s", "is_main = not is_main"], ids=str.split
)
def test_3_a_line_stays_the_line_it_is(outside: Outside, change: str) -> None:
    with outside.refused("grants_budgetline_stays_itself") as run:
        run(f"update grants_budgetline set {change} where id = %(other_line)s")


def test_3_two_lines_do_not_change_their_names(outside: Outside) -> None:
    with outside.refused("grants_budgetline_stays_itself") as run:
        run(
            "update grants_budgetline line set id = case id when %(line)s then 90001 else 90002 end"
            " where id in (%(line)s, %(other_line)s)"
        )


def test_3_an_award_is_made_once(outside: Outside) -> None:
    amount = outside.value("select amount_pence from grants_grant where id = %(grant)s")
    with outside.refused("grants_ledgerentry_one_award"):
        post(outside, "award", amount, source=None, target=outside.rows["main"])


@pytest.mark.parametrize(("pence", "to"), [(1, "main"), (13_500_000, "line")])
def test_3_an_award_is_the_amount_of_the_grant_on_its_main_line(
    outside: Outside, pence: int, to: str
) -> None:
    with outside.refused("grants_ledgerentry_award_is_amount"):
        post(outside, "award", pence, source=None, target=outside.rows[to])


def test_3_money_stays_on_the_lines_of_its_grant(outside: Outside) -> None:
    for changes in ({"source": "draft_line"}, {"target": "draft_line"}):
        lines = {side: outside.rows[key] for side, key in changes.items()}
        with outside.refused("grants_ledgerentry_line_of_grant"):
            post(outside, "allocation", **({"source": outside.rows["main"]} | lines))


@pytest.mark.parametrize(
    ("kind", "source_stage", "target_stage"),
    [
        ("approval", "available", "approved"),
        ("tasking", "available", "settled"),
        ("release", "approved", "available"),
        ("award", "available", "available"),
        ("gift", "available", "tasked"),
        ("settlement", "claimed", "settled"),
        ("allocation", "available", "available"),  # to the same line
    ],
)
def test_3_an_entry_of_a_kind_moves_as_its_kind_does(
    outside: Outside, kind: str, source_stage: str, target_stage: str
) -> None:
    rule = "grants_ledgerentry_award_is_amount" if kind == "award" else "grants_ledgerentry_kind_moves_so"
    with outside.refused(rule):
        post(outside, kind, source_stage=source_stage, target_stage=target_stage)


def test_3_an_entry_between_two_enquiries_moves_available_money_only(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_kind_moves_so"):
        post(outside, "tasking", target=outside.rows["other_line"])


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"source": None}, "grants_ledgerentry_source_whole"),
        ({"target": None}, "grants_ledgerentry_target_whole"),
        ({"source": None, "target": None}, "grants_ledgerentry_source_whole"),
        ({"target": None, "target_stage": "funder"}, "grants_ledgerentry_kind_moves_so"),
    ],
    ids=str,
)
def test_3_an_entry_with_an_empty_side_is_no_way_round(
    outside: Outside, changes: dict[str, Any], rule: str
) -> None:
    with outside.refused(rule):
        post(outside, "tasking", **changes)


def test_3_only_a_reversal_reverses_and_always_something(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_reversal_mirrors"):
        post(outside, "reversal")
    award = outside.value("select id from grants_ledgerentry where kind = 'award'")
    with outside.refused("grants_ledgerentry_reversal_reverses"):
        post(outside, "tasking", reverses=award)


def test_3_a_reversal_mirrors_its_entry_once(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_reversal_mirrors"):
        post(outside, "tasking", 5)
        mirror(outside, "outside:1", more=1)
    with outside.refused("grants_ledgerentry_reverses_id_key"):
        post(outside, "tasking", 5)
        post(outside, "tasking", 5, reference="outside:2")
        mirror(outside, "outside:1")
        mirror(outside, "outside:1", new="outside:again")
    with outside.refused("grants_ledgerentry_reversal_mirrors"):
        post(outside, "tasking", 5)
        mirror(outside, "outside:1")
        mirror(outside, "outside:1:outside")


def test_3_the_award_is_not_reversed(outside: Outside) -> None:
    reference = outside.value("select reference from grants_ledgerentry where kind = 'award'")
    with outside.refused("grants_ledgerentry_reversal_mirrors"):
        mirror(outside, reference)


# 4. A movement outside the window, or after the books closed


@pytest.mark.parametrize(
    ("kind", "day"),
    list(product(("tasking", "submission", "approval"), ("2021-01-31", "2021-04-01", "2999-12-31"))),
)
def test_4_no_duty_outside_the_window_is_tasked_claimed_or_approved(
    outside: Outside, kind: str, day: str
) -> None:
    with outside.refused("grants_ledgerentry_inside_window"):
        post(outside, kind, effective_on=day)


@pytest.mark.parametrize("kind", ["tasking", "submission", "withdrawal", "approval"])
def test_4_nothing_is_tasked_claimed_or_approved_once_the_books_are_closed(
    outside: Outside, kind: str
) -> None:
    with outside.refused("grants_ledgerentry_books_open"):
        post(outside, kind, posted_on="2021-05-01")


def test_4_nor_by_reversing_what_gave_it_back(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_books_open"):
        post(outside, "release", posted_on="2021-05-01")
        mirror(outside, "outside:1", posted_on="2021-05-01")


def test_4_giving_back_is_possible_for_ever(outside: Outside) -> None:
    with outside.allowed():
        post(outside, "release", posted_on="2021-05-01")


@pytest.mark.parametrize("column", ["effective_on", "posted_on"])
@pytest.mark.parametrize("day", ["infinity", "-infinity"])
def test_4_an_entry_has_a_day_of_the_calendar(outside: Outside, column: str, day: str) -> None:
    with outside.refused("grants_ledgerentry_dates_plausible"):
        post(outside, "release", **{column: day})


@pytest.mark.parametrize(
    "change",
    [
        "eligible_from = eligible_from - 1",
        "eligible_to = eligible_to - 1",
        "claims_close_on = claims_close_on + 1",
        "books_close_on = books_close_on + 365",
        "amount_pence = amount_pence + 1",
        "purpose = 'Anything'",
        "opened_on = opened_on - 1",
        "fund = 'Another'",
        "spending_body = 'Another'",
        "cost_types = 'lead'",
        "on_cost = 'ni'",
        "claim_basis = 'paid'",
    ],
)
def test_4_the_terms_of_an_open_grant_stand(outside: Outside, change: str) -> None:
    with outside.refused("grants_grant_terms_stand") as run:
        run(f"update grants_grant set {change} where id = %(grant)s")


def test_4_a_claims_day_is_the_day_on_which_it_began(outside: Outside) -> None:
    with outside.refused("claims_claim_duty_on_its_day") as run:
        run(
            "update claims_claim set duty_on = duty_on + 1, status = 'submitted', revision = revision + 1"
            " where id = %(returned)s"
        )


def test_4_a_grant_that_is_not_open_has_no_entries(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_grant_open"):
        line = outside.rows["draft_line"]
        post(outside, "award", 100_000, of_grant=outside.rows["draft_grant"], source=None, target=line)


def test_4_nobody_is_tasked_outside_the_cost_types(outside: Outside) -> None:
    with outside.refused("tasking_assignment_cost_type_is_borne") as run:
        run("set local session_replication_role = replica")
        run("update grants_grant set cost_types = 'others' where id = %(grant)s")
        run("set local session_replication_role = origin")
        run(
            "insert into tasking_assignment select (jsonb_populate_record(duty, jsonb_build_object("
            "'id', nextval(pg_get_serial_sequence('tasking_assignment', 'id'))))).*"
            " from tasking_assignment duty where id = %(duty)s"
        )


def shut(run: Run) -> None:
    """Close the grant as nobody can, with its checklist open."""
    run("set local session_replication_role = replica")
    run("update grants_grant set status = 'closed' where id = %(grant)s")
    run("set local session_replication_role = origin")


def test_4_nor_has_a_closed_one(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_grant_open") as run:
        shut(run)
        post(outside, "release")


# 5. Two live claims of one officer that overlap


def claim_of(outside: Outside, **changes: Any) -> None:
    """A claim of the officer's other duty, of which nothing is claimed yet."""
    original = {"assignment_id": outside.rows["duty"], "status": "submitted"}
    copy(outside, "claims_claim", "submitted", **(original | changes))


def test_5_two_claims_of_an_officer_do_not_overlap_by_a_minute(outside: Outside) -> None:
    with outside.refused("claims_claim_no_overlap"):
        claim_of(outside, starts_at="2021-02-10 19:59+00", ends_at="2021-02-10 23:00+00")


def test_5_touching_ends_are_fine(outside: Outside) -> None:
    with outside.allowed():
        claim_of(outside, starts_at="2021-02-10 20:00+00", ends_at="2021-02-10 23:00+00")


def test_5_a_draft_counts_as_well(outside: Outside) -> None:
    with outside.refused("claims_claim_no_overlap"):
        claim_of(outside, status="draft", attested_worked=False)


def test_5_a_returned_claim_does_not_slip_over_another(outside: Outside) -> None:
    with outside.refused("claims_claim_no_overlap") as run:
        claim_of(outside, starts_at="2021-02-10 21:00+00", ends_at="2021-02-10 23:00+00", status="draft")
        run(
            "update claims_claim set starts_at = '2021-02-10 18:00+00', status = 'submitted',"
            " revision = revision + 1 where assignment_id = %(duty)s"
        )


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "rule"),
    [
        ("2021-02-10 21:00+00", "infinity", "claims_claim_moments_finite"),
        ("-infinity", "2021-02-10 03:00+00", "claims_claim_duty_on_its_day"),
        ("2021-02-10 21:00+00", "2021-02-10 21:00+00", "claims_claim_ends_after_start"),
    ],
)
def test_5_a_claim_has_moments_of_the_clock(
    outside: Outside, starts_at: str, ends_at: str, rule: str
) -> None:
    with outside.refused(rule):
        claim_of(outside, starts_at=starts_at, ends_at=ends_at)


@pytest.mark.parametrize("who", ["another", "di"])
def test_5_a_claim_is_not_made_in_anothers_name(outside: Outside, who: str) -> None:
    with outside.refused("claims_claim_of_its_duty"):
        claim_of(outside, claimant_id=outside.rows[who])


@pytest.mark.parametrize(
    "change",
    ["claimant_id = %(another)s", "grant_id = %(draft_grant)s", "assignment_id = %(duty)s", "id = 90001"],
)
def test_5_nor_handed_to_another(outside: Outside, change: str) -> None:
    with outside.refused("claims_claim_stands") as run:
        run(f"update claims_claim set {change}, revision = revision + 1 where id = %(returned)s")


@pytest.mark.parametrize(
    "change", ["officer_id = %(another)s", "tasking_id = 1", "agency_id = %(other_agency)s", "id = 90001"]
)
def test_5_nor_the_duty_itself(outside: Outside, change: str) -> None:
    with outside.refused("tasking_assignment_stands") as run:
        run(f"update tasking_assignment set {change} where id = %(duty)s")


def test_5_two_duties_of_an_officer_do_not_overlap(outside: Outside) -> None:
    with outside.refused("tasking_assignment_no_overlap"):
        other_tasking = outside.value(
            "select max(tasking_id) from tasking_assignment where status = 'cancelled'"
        )
        copy(outside, "tasking_assignment", "duty", tasking_id=other_tasking)


# 6. A second live claim for one assignment


@pytest.mark.parametrize("status", ["submitted", "draft"])
def test_6_one_duty_one_live_claim(outside: Outside, status: str) -> None:
    with outside.refused("claims_claim_one_live_an_assignment"):
        times = {"starts_at": "2021-02-10 20:00+00", "ends_at": "2021-02-10 22:00+00"}
        copy(outside, "claims_claim", "submitted", status=status, **times)


def test_6_a_claim_that_ended_does_not_come_back(outside: Outside) -> None:
    for key, status in product(("withdrawn", "rejected", "reversed"), ("submitted", "draft")):
        with outside.refused("claims_claim_steps") as run:
            run(f"update claims_claim set status = '{status}', revision = revision + 1 where id = %({key})s")


# 7. Claimant, certifier and approver are three people

THIRD = "claims_claim_approver_is_a_third"


def test_7_nobody_approves_what_they_certified(outside: Outside, pence: int) -> None:
    with outside.refused(THIRD) as run:
        post(outside, "approval", pence)
        approve(run, approved_by_id="supervisor")


def test_7_nobody_approves_their_own_claim(outside: Outside) -> None:
    with outside.refused(THIRD) as run:
        run(
            "update claims_claim set status = 'approved', approved_by_id = claimant_id,"
            " revision = revision + 1, approval_entry_id = 'outside:1' where id = %(certified)s"
        )


def test_7_nobody_approves_what_they_entered(outside: Outside) -> None:
    with outside.refused(THIRD) as run:
        claim_of(
            outside,
            starts_at="2021-02-10 20:00+00",
            ends_at="2021-02-10 23:00+00",
            entered_by_id=outside.rows["di"],
        )
        mine = {"mine": outside.value("select max(id) from claims_claim")}
        run(
            "update claims_claim set status = 'certified', certified_by_id = %(supervisor)s,"
            " revision = revision + 1 where id = %(mine)s",
            **mine,
        )
        run(
            "update claims_claim set status = 'approved', approved_by_id = %(di)s, revision = revision + 1,"
            " approval_entry_id = 'outside:1' where id = %(mine)s",
            **mine,
        )


CERTIFY = (
    "update claims_claim set status = 'certified', revision = revision + 1, certified_by_id = {}"
    " where id = %(submitted)s"
)


def test_7_nobody_certifies_their_own_claim_nor_what_they_entered(outside: Outside) -> None:
    later = {"starts_at": "2021-02-10 20:00+00", "ends_at": "2021-02-10 23:00+00"}
    certify = CERTIFY.replace("where id = %(submitted)s", "where assignment_id = %(duty)s")
    with outside.refused("claims_claim_certifier_is_another") as run:
        claim_of(outside, entered_by_id=outside.rows["di"], **later)
        run(certify.format("claimant_id"))
    with outside.refused("claims_claim_certifier_did_not_enter") as run:
        claim_of(outside, entered_by_id=outside.rows["supervisor"], **later)
        run(certify.format("entered_by_id"))


def test_7_nobody_in_particular_is_not_a_certifier(outside: Outside, pence: int) -> None:
    with outside.refused("claims_claim_certified_by_someone") as run:
        run(CERTIFY.format("null"))
    with outside.refused("claims_claim_stands") as run:  # the check on the approver says nothing of NULL
        post(outside, "approval", pence)
        run("update claims_claim set certified_by_id = null, certified_at = null where id = %(certified)s")
        approve(run, approved_by_id="supervisor")


def test_7_a_certificate_is_not_put_in_anothers_name_first(outside: Outside, pence: int) -> None:
    with outside.refused("claims_claim_stands") as run:
        run("update claims_claim set certified_by_id = %(second_finance)s where id = %(certified)s")
    with outside.refused("claims_claim_stands") as run:  # in one statement with the approval
        post(outside, "approval", pence)
        approve(run, approved_by_id="supervisor", certified_by_id=outside.rows["second_finance"])
    with outside.refused("claims_claim_stands") as run:
        run("update claims_claim set entered_by_id = %(another)s where id = %(certified)s")
    with outside.refused("claims_claim_steps"):
        copy(outside, "claims_claim", "certified", assignment_id=outside.rows["duty"], status="submitted")


@pytest.mark.parametrize("key", ["approved", "settled", "reversed"])
@pytest.mark.parametrize(
    "change",
    ["approved_by_id = %(second_finance)s", "certified_by_id = %(second_finance)s", "approved_at = now()"],
)
def test_7_who_approved_is_not_changed_afterwards(outside: Outside, key: str, change: str) -> None:
    with outside.refused("claims_claim_stands") as run:
        run(f"update claims_claim set {change} where id = %({key})s")


# 8. An approved claim without its entry, or the reverse


def test_8_a_claim_is_not_approved_without_naming_an_entry(outside: Outside) -> None:
    with outside.refused("claims_claim_approved_with_entry") as run:
        run(
            "update claims_claim set status = 'approved', approved_by_id = %(di)s, revision = revision + 1"
            " where id = %(certified)s"
        )


def test_8_nor_with_an_entry_that_is_not_there(outside: Outside) -> None:
    named = "select conname from pg_constraint where conname like 'claims_claim_approval_entry%%fk%%'"
    with outside.refused(outside.value(named)) as run:
        approve(run, approval_entry_id="claim:0:approve:0")


@pytest.mark.parametrize(
    ("kind", "more", "changes"),
    [
        ("approval", -1, {}),
        ("approval", 1, {}),
        ("approval", 0, {"effective_on": DAY + timedelta(days=1)}),
        ("tasking", 0, {}),
        ("release", 0, {}),
    ],
)
def test_8_nor_with_the_entry_of_something_else(
    outside: Outside, pence: int, kind: str, more: int, changes: dict[str, Any]
) -> None:
    with outside.refused("claims_claim_has_its_entry") as run:
        post(outside, kind, pence + more, **changes)
        approve(run)


def test_8_nor_with_an_entry_on_another_enquirys_line(outside: Outside, pence: int) -> None:
    with outside.refused("claims_claim_has_its_entry") as run:
        other = outside.rows["other_line"]
        both = {"source": other, "target": other}
        post(outside, "tasking", pence, reference="outside:2", **both)
        post(outside, "submission", pence, reference="outside:3", **both)
        post(outside, "approval", pence, **both)
        approve(run)


def test_8_nor_with_the_entry_of_another_claim(outside: Outside) -> None:
    taken = outside.value("select approval_entry_id from claims_claim where id = %(approved)s")
    with outside.refused("claims_claim_approval_entry_id_key") as run:
        approve(run, approval_entry_id=taken)


def test_8_two_claims_do_not_exchange_their_entries(outside: Outside) -> None:
    with outside.refused("claims_claim_stands") as run:
        run(
            "update claims_claim claim set approval_entry_id = other.approval_entry_id"
            " from claims_claim other where claim.id = %(approved)s and other.id = %(also_approved)s"
        )


def test_8_an_entry_approves_a_claim(outside: Outside, pence: int) -> None:
    with outside.refused("claims_entry_has_its_claim"):
        post(outside, "approval", pence)


@pytest.mark.parametrize("key", ["approved", "settled", "reversed", "submitted"])
def test_8_a_claim_is_not_deleted(outside: Outside, key: str) -> None:
    with outside.refused("claims_claim_stands") as run:
        run(f"delete from claims_claim where id = %({key})s")


def test_8_an_approval_is_not_reversed_under_its_claim(outside: Outside, pence: int) -> None:
    reference = outside.value("select approval_entry_id from claims_claim where id = %(approved)s")
    with outside.refused("claims_entry_has_its_claim"):
        mirror(outside, reference)
    with outside.refused("claims_entry_has_its_claim") as run:  # approved and taken back in one transaction
        post(outside, "approval", pence)
        approve(run)
        mirror(outside, "outside:1")


def test_8_a_settlement_is_not_reversed_under_its_claim(outside: Outside) -> None:
    reference = outside.value("select settlement_entry_id from claims_claim where id = %(settled)s")
    with outside.refused("claims_entry_has_its_claim"):
        mirror(outside, reference)


REVERSE = (
    "update claims_claim set status = 'reversed', revision = revision + 1, reversal_entry_id = {}"
    " where id = %({})s"
)


def test_8_a_claim_is_not_reversed_without_the_mirror_of_its_entry(outside: Outside) -> None:
    with outside.refused("claims_claim_reversed_with_entry") as run:
        run(REVERSE.format("null", "approved"))
    with outside.refused("claims_claim_has_its_entry") as run:
        run(REVERSE.format("approval_entry_id", "approved"))
    with outside.refused("claims_claim_has_its_entry") as run:  # paid, and only its approval is mirrored
        reference = outside.value("select approval_entry_id from claims_claim where id = %(settled)s")
        mirror(outside, reference)
        run(REVERSE.format(f"'{reference}:outside'", "settled"))


def test_8_a_claim_is_not_settled_without_its_entry(outside: Outside) -> None:
    settle = "update claims_claim set status = 'settled', revision = revision + 1{} where id = %(approved)s"
    payment = "(select min(id) from claims_settlement)"
    with outside.refused("claims_claim_settled_with_entry") as run:
        run(settle.format(""))
    with outside.refused("claims_claim_has_its_entry") as run:
        run(settle.format(f", settlement_id = {payment}, settlement_entry_id = approval_entry_id"))
    with outside.refused("claims_entry_has_its_claim"):
        post(outside, "settlement")


def test_8_a_claim_of_one_agency_is_not_settled_by_a_payment_of_another(outside: Outside) -> None:
    amount = outside.value("select pence from claims_claim where id = %(approved)s")
    with outside.refused("claims_claim_has_its_entry") as run:
        run("insert into accounts_agency (code, name, settled_by) values ('XYZ', 'Another', 'invoice')")
        run(
            "insert into claims_settlement"
            " (grant_id, agency_id, reference, settled_on, settled_by_id, claim_count, pence)"
            " select %(grant)s, max(id), 'Invoice 9', %(day)s, %(finance)s, 1, 1 from accounts_agency"
        )
        post(outside, "settlement", amount)
        run(
            "update claims_claim set status = 'settled', revision = revision + 1,"
            " settlement_entry_id = 'outside:1',"
            " settlement_id = (select max(id) from claims_settlement) where id = %(approved)s"
        )


@pytest.mark.parametrize(
    "prepare",
    [
        ("create temp table grants_ledgerentry (like public.grants_ledgerentry)",),
        (
            "create schema mine",
            "create table mine.grants_ledgerentry (like public.grants_ledgerentry)",
            "set local search_path = mine, public",
        ),
    ],
    ids=["temporary table", "schema first in the path"],
)
def test_8_a_forged_ledger_in_front_of_the_true_one_is_not_looked_at(
    outside: Outside, pence: int, prepare: tuple[str, ...]
) -> None:
    """The claim names a true entry of another kind; only the forged ledger calls it its approval."""
    post(outside, "release", pence)
    with outside.refused("claims_claim_has_its_entry") as run:
        for statement in prepare:
            run(statement)
        run(
            "insert into grants_ledgerentry"
            " select * from public.grants_ledgerentry where reference = 'outside:1'"
        )
        run("update grants_ledgerentry set kind = 'approval'")
        approve(run)


def test_8_an_enquiry_keeps_its_line(outside: Outside) -> None:
    for change in ("line_id = %(main)s", "grant_id = %(draft_grant)s", "id = 90001"):
        with outside.refused("tasking_enquiry_stands") as run:
            run(f"update tasking_enquiry set {change} where id = %(enquiry)s")
    with outside.refused("tasking_enquiry_stands") as run:
        run("delete from tasking_enquiry where id = %(enquiry)s")
    for line in ("main", "draft_line"):
        with outside.refused("tasking_enquiry_owns_its_line"):
            copy(outside, "tasking_enquiry", "enquiry", name="Mine", line_id=outside.rows[line])


# 9. A status that skips a step

STATES = (
    "draft",
    "submitted",
    "certified",
    "returned",
    "withdrawn",
    "approved",
    "settled",
    "rejected",
    "reversed",
)
STEPS = {
    "draft": {"submitted", "withdrawn"},
    "submitted": {"certified", "returned", "rejected", "withdrawn"},
    "certified": {"approved", "returned", "rejected", "withdrawn"},
    "returned": {"submitted", "draft", "withdrawn", "rejected"},
    "approved": {"settled", "reversed"},
    "settled": {"reversed"},
}


@pytest.mark.parametrize(
    ("state", "to"),
    [
        (state, to)
        for state, to in product(STATES, (*STATES, "paid", ""))
        if to not in STEPS.get(state, set()) | {state}
    ],
)
def test_9_a_claim_skips_no_step(outside: Outside, state: str, to: str) -> None:
    with outside.refused("claims_claim_steps") as run:
        run(f"update claims_claim set status = '{to}', revision = revision + 1 where id = %({state})s")


@pytest.mark.parametrize("status", sorted({*STATES, "paid"} - {"draft", "submitted"}))
def test_9_a_claim_is_not_born_further_on(outside: Outside, status: str) -> None:
    with outside.refused("claims_claim_steps"):
        claim_of(outside, status=status)


def test_9_a_step_is_a_new_revision(outside: Outside) -> None:
    for revision in ("revision", "revision - 1"):
        with outside.refused("claims_claim_stands") as run:
            run(
                f"update claims_claim set status = 'returned', revision = {revision}, certified_by_id = null,"
                " certified_at = null where id = %(certified)s"
            )


# What an officer's time is reckoned from: the columns that a duty and its claim share, and a claim's own.
OF_A_DUTY = (
    "rank = 'sergeant'",
    "grade = 'sergeant'",
    "pay_point = 'point 1 of mine'",
    "annual_pay_pence = annual_pay_pence + 1",
    "rule_set_id = %(recorded_rule_set)s",
    "rule_set_id = null",
    "agreed_hourly_pence = 1",
    "agreed_multiplier = '9'",
    "on_cost_percent = 1",
)
BASIS = (*OF_A_DUTY, "on_cost_pence = on_cost_pence + 1", "travel_minutes = 60", "charged_minutes = 600")


@pytest.mark.parametrize("key", ["submitted", "certified", "approved", "settled", "rejected", "withdrawn"])
@pytest.mark.parametrize(
    "change",
    [
        "pence = pence + 1",
        "ends_at = ends_at - interval '1 minute'",
        "duty_type = 'rest_day'",
        "flags = '[1]'",
        "remark = 'x'",
        *BASIS,
    ],
)
def test_9_what_was_claimed_changes_only_by_submitting_again(outside: Outside, key: str, change: str) -> None:
    with outside.refused("claims_claim_stands") as run:
        run(f"update claims_claim set {change}, revision = revision + 1 where id = %({key})s")


@pytest.mark.parametrize("change", BASIS)
@pytest.mark.parametrize("key", ["draft", "returned"])
def test_9_a_claim_that_waits_takes_another_basis_only_as_a_new_revision(
    outside: Outside, key: str, change: str
) -> None:
    with outside.refused("claims_claim_stands") as run:
        run(f"update claims_claim set {change} where id = %({key})s")
    with outside.allowed() as run:
        run(f"update claims_claim set {change}, revision = revision + 1 where id = %({key})s")


ANOTHER_LINE = (
    "insert into claims_claimline (claim_id, revision, position, rule, starts_at, ends_at, minutes, units,"
    " multiplier, hourly_pence, pence, on_cost_pence, working)"
    " select claim_id, {revision}, position + 1, rule, starts_at, ends_at, minutes, units, multiplier,"
    " hourly_pence, {pence}, 0, 'Because' from claims_claimline where claim_id = %({key})s"
)


@pytest.mark.parametrize("key", ["certified", "approved", "settled", "returned", "withdrawn"])
def test_9_a_claim_is_not_explained_anew_once_it_went_on(outside: Outside, key: str) -> None:
    revision = outside.value(f"select revision from claims_claim where id = %({key})s")
    for other in (1, revision, revision + 1):
        with outside.refused("claims_claimline_of_its_statement") as run:
            run(ANOTHER_LINE.format(key=key, revision=other, pence="pence"))


def test_9_the_lines_of_a_claim_come_to_what_is_claimed(outside: Outside) -> None:
    with outside.refused("claims_claimline_adds_up") as run:
        run(ANOTHER_LINE.format(key="submitted", revision=1, pence=1))
    with outside.refused("claims_claimline_pence_not_negative") as run:
        run(ANOTHER_LINE.format(key="submitted", revision=1, pence=-1))
    with outside.refused("claims_claimline_adds_up") as run:
        run("update claims_claim set revision = revision + 1, pence = 9 where id = %(draft)s")
        run(ANOTHER_LINE.format(key="draft", revision=2, pence=10))


def test_9_nobody_claims_without_attesting(outside: Outside) -> None:
    for column in ("attested_worked", "attested_sole_fund"):
        with outside.refused("claims_claim_attested"):
            times = {"starts_at": "2021-02-10 20:00+00", "ends_at": "2021-02-10 22:00+00"}
            claim_of(outside, **{column: False}, **times)


@pytest.mark.parametrize("status", ["draft", "paused", ""])
def test_9_an_open_grant_is_only_closed(outside: Outside, status: str) -> None:
    with outside.refused("grants_grant_steps") as run:
        run(f"update grants_grant set status = '{status}', opened_on = null where id = %(grant)s")


def test_9_a_closed_grant_stays_closed(outside: Outside) -> None:
    with outside.refused("grants_grant_steps") as run:
        shut(run)
        run("update grants_grant set status = 'open' where id = %(grant)s")


def test_9_a_grant_is_not_born_open(outside: Outside) -> None:
    with outside.refused("grants_grant_only_by_entry"):
        copy(outside, "grants_grant", "draft_grant", reference="PCD 913", status="open", opened_on=DAY)
    with outside.refused("grants_grant_only_by_entry") as run:
        in_ones_own_trigger(
            run,
            "insert into grants_grant select (jsonb_populate_record(g, jsonb_build_object('id', 90001,"
            " 'reference', 'PCD 913', 'status', 'open', 'opened_on', '2021-02-01'))).*"
            f" from grants_grant g where id = {outside.rows['draft_grant']}",
        )


def test_9_a_grant_opens_with_its_seventeen_gates_only(outside: Outside) -> None:
    opened = "update grants_grant set status = 'open', opened_on = %(day)s where id = %(draft_grant)s"
    record = (
        "update grants_gate set recorded_by_id = %(finance)s, happened_on = %(day)s, evidence = 'On file',"
        " confirmed_by_id = %(second_finance)s where grant_id = %(draft_grant)s"
    )
    with outside.refused("grants_grant_gates_confirmed") as run:
        run(opened)
    with outside.refused("grants_grant_gates_confirmed") as run:
        run(record + " and id <> %(draft_gate)s")
        run(opened)
    with outside.refused("grants_gate_kind_known") as run:
        run(record + " and id <> %(draft_gate)s")
        run(
            "insert into grants_gate (grant_id, kind, happened_on, evidence, recorded_by_id, confirmed_by_id)"
            " values (%(draft_grant)s, 'another', %(day)s, 'On file', %(finance)s, %(second_finance)s)"
        )
        run(opened)
    with outside.allowed() as run:
        run(record)
        run(opened)


def test_9_an_ended_duty_does_not_come_back(outside: Outside) -> None:
    for status in ("tasked", "claimed", "closed"):
        with outside.refused("tasking_assignment_ended_stays") as run:
            run(f"update tasking_assignment set status = '{status}' where id = %(cancelled)s")
    with outside.refused("tasking_assignment_ended_holds_nothing") as run:
        run("update tasking_assignment set committed_pence = 1 where id = %(cancelled)s")
    with outside.refused("tasking_assignment_stands") as run:
        run("delete from tasking_assignment where id = %(duty)s")


# 10. A gap, a repeat or a forged link in a grant's chain


def test_10_what_an_entry_says_of_its_own_place_is_not_asked(outside: Outside) -> None:
    last = outside.value("select last_number from grants_grant where id = %(grant)s")
    sql = POST.replace("reverses_id)", "reverses_id, number, recorded_at, digest)").replace(
        "%(reverses)s)", "%(reverses)s, 3, '2021-01-01', 'forged')"
    )
    entry = {
        "of_grant": outside.rows["grant"],
        "kind": "release",
        "source": outside.rows["line"],
        "source_stage": "tasked",
        "target": outside.rows["line"],
        "target_stage": "available",
        "pence": 1,
        "effective_on": DAY,
        "posted_on": DAY,
        "reference": "outside:1",
        "reverses": None,
    }
    with outside.allowed() as run:
        run(sql, **entry)
        number, recorded, length = run(
            "select number, recorded_at > now() - interval '1 minute', length(digest) from grants_ledgerentry"
            " where reference = 'outside:1'"
        ).fetchone() or (0, False, 0)
        assert (number, recorded, length) == (last + 1, True, 32)


@pytest.mark.parametrize(
    "change",
    [
        "last_number = last_number + 1",
        "last_number = 0, last_digest = ''",
        "last_digest = sha256(last_digest)",
    ],
)
def test_10_the_head_of_a_chain_is_not_written(outside: Outside, change: str) -> None:
    with outside.refused("grants_grant_only_by_entry") as run:
        run(f"update grants_grant set {change} where id = %(grant)s")
    with outside.refused("grants_grant_only_by_entry") as run:
        in_ones_own_trigger(run, f"update grants_grant set {change} where id = {outside.rows['grant']}")


def test_10_a_head_moved_on_leaves_a_gap_before_the_next_entry(outside: Outside) -> None:
    with outside.refused("grants_grant_only_by_entry") as run:
        in_ones_own_trigger(
            run, f"update grants_grant set last_number = last_number + 1 where id = {outside.rows['grant']}"
        )
        post(outside, "release")


def test_10_a_head_moved_back_repeats_a_number(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_number_in_grant") as run:
        in_ones_own_trigger(
            run, f"update grants_grant set last_number = last_number - 1 where id = {outside.rows['grant']}"
        )
        post(outside, "release")


def test_10_an_insert_that_comes_to_nothing_leaves_no_gap(outside: Outside) -> None:
    reference = outside.value("select reference from grants_ledgerentry limit 1")
    main = outside.rows["main"]
    with outside.refused("grants_grant_only_by_entry") as run:
        # Back and forth, so that the line is as it was.
        post(outside, "tasking", source=main, target=main, reference=reference, more="on conflict do nothing")
        run("set constraints head_is_its_entry immediate")


def test_10_a_chain_begins_empty_and_its_grant_stays(outside: Outside) -> None:
    with outside.refused("grants_grant_only_by_entry"):
        copy(outside, "grants_grant", "draft_grant", reference="PCD 913", last_number=5)
    with outside.refused("grants_grant_stays_itself") as run:
        run("update grants_grant set id = 90001 where id = %(grant)s")
    with outside.refused("grants_grant_stays_itself") as run:
        run("delete from grants_grant where id = %(grant)s")


def test_10_an_entry_is_posted_once(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_reference_key"):
        post(outside, "release")
        post(outside, "release")


def test_10_a_reference_holds_no_bar_with_which_fields_could_be_shifted(outside: Outside) -> None:
    with outside.refused("grants_ledgerentry_reference_plain"):
        post(outside, "release", reference="outside|1")


def test_10_entries_of_two_sessions_keep_one_chain(outside: Outside) -> None:
    """The second waits for the first, and takes the number that the first one gave back."""
    last = outside.value("select last_number from grants_grant where id = %(grant)s")
    outside.connection.rollback()
    post(outside, "release")
    outside.connection.rollback()
    with outside.allowed():
        post(outside, "release")
        assert (
            outside.value("select number from grants_ledgerentry where reference = 'outside:1'") == last + 1
        )


# Two people, terms that stand, and the rest of what the migrations promise


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("update grants_gate set evidence = 'Another' where id = %(gate)s", "grants_gate_confirmed_stands"),
        ("delete from grants_gate where id = %(gate)s", "grants_gate_confirmed_stands"),
        ("update grants_agencyagreement set maximum_pence = 1", "grants_agencyagreement_confirmed_stands"),
        ("delete from grants_agencyagreement", "grants_agencyagreement_confirmed_stands"),
        ("update grants_agencyrate set hourly_pence = 1", "grants_agencyrate_confirmed_stands"),
        ("delete from grants_agencyrate", "grants_agencyrate_confirmed_stands"),
        ("update grants_gate set evidence = 'x' where id = %(draft_gate)s", "grants_gate_recorded_whole"),
        (
            "update grants_gate set recorded_by_id = %(finance)s, happened_on = %(day)s"
            " where id = %(draft_gate)s",
            "grants_gate_recorded_whole",
        ),
        (
            "update grants_gate set confirmed_by_id = %(finance)s where id = %(draft_gate)s",
            "grants_gate_two_people",
        ),
        (
            "update grants_gate set recorded_by_id = %(finance)s, happened_on = %(day)s, evidence = 'x',"
            " confirmed_by_id = %(finance)s where id = %(draft_gate)s",
            "grants_gate_two_people",
        ),
        ("update tasking_tasking set enquiry_id = 0", "tasking_tasking_stands"),
        ("delete from tasking_tasking", "tasking_tasking_stands"),
        ("update tasking_tasking set told_at = told_at - interval '1 day'", "tasking_tasking_stands"),
        *(
            (f"update tasking_assignment set {change} where id = %(duty)s", "tasking_assignment_stands")
            for change in OF_A_DUTY
        ),
        (
            "update tasking_assignment set on_cost_pence = authorised_pence + 1 where id = %(duty)s",
            "tasking_assignment_on_cost_within_pence",
        ),
        (
            "update tasking_assignment set on_cost_pence = -1 where id = %(duty)s",
            "tasking_assignment_on_cost_within_pence",
        ),
        (
            "update tasking_assignment set ends_at = 'infinity' where id = %(duty)s",
            "tasking_assignment_moments_finite",
        ),
        (
            "update tasking_assignment set committed_pence = -1 where id = %(duty)s",
            "tasking_assignment_pence_positive",
        ),
        ("update tasking_tasking set ends_at = starts_at", "tasking_tasking_ends_after_start"),
        ("update tasking_subject set codename = 'J Smith'", "tasking_subject_codename_only"),
        ("update grants_authority set to_on = from_on - 1", "grants_authority_dates_in_order"),
        ("update grants_authority set limit_pence = 0", "grants_authority_limit_positive"),
        ("update grants_authority set kind = 'deputy'", "grants_authority_deputy_is_dated"),
        (
            "update grants_authority set kind = 'deputy', to_on = from_on, made_by_id = person_id",
            "grants_authority_not_by_oneself",
        ),
        (
            "insert into grants_authority (grant_id, person_id, kind, from_on, made_by_id)"
            " values (%(grant)s, %(another)s, 'controlling_di', '2021-03-01', %(finance)s)",
            "grants_authority_one_controlling_di",
        ),
        (
            "update grants_grant set amount_pence = 0 where id = %(draft_grant)s",
            "grants_grant_amount_positive",
        ),
        (
            "update grants_grant set claims_close_on = eligible_to - 1 where id = %(draft_grant)s",
            "grants_grant_dates_in_order",
        ),
        (
            "update grants_grant set opened_on = %(day)s where id = %(draft_grant)s",
            "grants_grant_opened_on_when_open",
        ),
        ("update accounts_rankheld set scale = ''", "accounts_rankheld_point_of_scale"),
        ("update accounts_rankheld set point = ''", "accounts_rankheld_point_of_scale"),
        (
            "update accounts_rankheld set rank = 'agency_grade', grade = 'Grade 5'",
            "accounts_rankheld_point_of_scale",
        ),
        ("update accounts_rankheld set grade = 'Grade 7'", "accounts_rankheld_grade_of_agency"),
        (
            "insert into tasking_rosteredtour (officer_id, starts_at, ends_at) values"
            " (%(officer)s, '2021-03-01 07:00+00', '2021-03-01 15:00+00'),"
            " (%(officer)s, '2021-03-01 14:59+00', '2021-03-01 22:00+00')",
            "tasking_rosteredtour_no_overlap",
        ),
        (
            "insert into claims_settlement"
            " (grant_id, agency_id, reference, settled_on, settled_by_id, claim_count, pence)"
            " values (%(grant)s, %(agency)s, 'Payroll 1', %(day)s, %(finance)s, 1, 1)",
            "claims_settlement_reference_once",
        ),
    ],
)
def test_what_else_the_database_refuses(outside: Outside, sql: str, rule: str) -> None:
    with outside.refused(rule) as run:
        run(sql)


@pytest.mark.parametrize(
    ("table", "key", "rule"),
    [
        ("grants_agencyagreement", "agreement", "grants_agreement_two_people"),
        ("grants_agencyrate", "rate", "grants_rate_two_people"),
    ],
)
def test_agreements_and_rates_are_confirmed_by_a_second_person(
    outside: Outside, table: str, key: str, rule: str
) -> None:
    with outside.refused(rule):
        copy(
            outside,
            table,
            key,
            confirmed_by_id=outside.rows["finance"],
            recorded_by_id=outside.rows["finance"],
        )


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"multiplier": "1.33"}, "grants_rate_multiplier_exact"),
        ({"multiplier": "4/0"}, "grants_rate_multiplier_exact"),
        ({"hourly_pence": 0}, "grants_rate_positive"),
        ({"valid_to": "2020-01-01"}, "grants_rate_dates_in_order"),
        ({}, "grants_rate_once_from_a_day"),
    ],
    ids=str,
)
def test_a_rate_is_exact_and_dated(outside: Outside, changes: dict[str, Any], rule: str) -> None:
    with outside.refused(rule):
        copy(outside, "grants_agencyrate", "rate", **changes)


@pytest.mark.parametrize(
    "pay",
    [
        {"annual_pay_pence": None},
        {"annual_pay_pence": None, "agreed_multiplier": "4/3"},
        {"annual_pay_pence": 0},
        {"agreed_hourly_pence": 2000, "agreed_multiplier": "4/3"},
    ],
    ids=str,
)
def test_a_duty_has_one_basis_of_pay_and_not_none(outside: Outside, pay: dict[str, Any]) -> None:
    with outside.refused("tasking_assignment_one_basis_of_pay"):
        copy(outside, "tasking_assignment", "duty", officer_id=outside.rows["another"], **pay)


# What pay is reckoned from, on record by two people

CONFIRMED = {
    "table": (
        "accounts_paytable",
        ("valid_from = valid_from - 1", "source = 'x'", "recorded_by_id = %(di)s"),
    ),
    "rule_set": (
        "tasking_ruleset",
        (
            "valid_from = valid_from - 1",
            "agency_id = %(other_agency)s",
            "recall_minimum_minutes = 240",
            "travel_limit_minutes = null",
            "london_weighting_pence = 250900",
            "short_casual_occasion_counts = true",
            "week_starts_on = 3",
            "force_day_starts = '07:00'",
            "source = 'x'",
        ),
    ),
    "on_cost": (
        "grants_oncostrate",
        ("percent = 100", "kind = 'levy', percent = 1", "valid_from = '2020-01-01'"),
    ),
    "rate": ("grants_agencyrate", ("on_cost_percent = 20", "agreed_with = 'x'", "grade = 'sergeant'")),
}
RECORDED = {"table": "loaded_table", "rule_set": "recorded_rule_set", "on_cost": "recorded_on_cost"}


@pytest.mark.parametrize(
    ("key", "change"), [(key, change) for key, (_, changes) in CONFIRMED.items() for change in changes]
)
def test_what_two_people_put_on_record_is_not_changed(outside: Outside, key: str, change: str) -> None:
    table = CONFIRMED[key][0]
    rule = f"{table}_confirmed_stands" if key == "rate" else f"{table}_stands"
    with outside.refused(rule) as run:
        run(f"update {table} set {change} where id = %({key})s")
    if key in RECORDED:
        with outside.allowed() as run:
            run(f"update {table} set {change} where id = %({RECORDED[key]})s")


@pytest.mark.parametrize("key", list(RECORDED))
def test_nor_deleted_nor_taken_back(outside: Outside, key: str) -> None:
    table = CONFIRMED[key][0]
    for change in (f"delete from {table}", f"update {table} set confirmed_by_id = null"):
        with outside.refused(f"{table}_stands") as run:
            run(f"{change} where id = %({key})s")


@pytest.mark.parametrize("key", list(RECORDED))
def test_nobody_confirms_what_they_recorded(outside: Outside, key: str) -> None:
    table = CONFIRMED[key][0]
    with outside.refused(f"{table}_two_people") as run:
        run(f"update {table} set confirmed_by_id = recorded_by_id where id = %({RECORDED[key]})s")
    with outside.refused(f"{table}_two_people"):
        copy(outside, table, RECORDED[key], confirmed_by_id=outside.rows["finance"])
    with outside.allowed() as run:
        run(f"update {table} set confirmed_by_id = %(second_finance)s where id = %({RECORDED[key]})s")


ADD_POINT = (
    "insert into accounts_paypoint (pay_table_id, rank, scale, point, annual_pay_pence, status)"
    " values (%({table})s, 'constable', 'mine', '1', 9900000, 'sourced')"
)


@pytest.mark.parametrize(
    "change",
    [
        ADD_POINT.format(table="table"),
        "update accounts_paypoint set annual_pay_pence = annual_pay_pence + 1 where id = %(point)s",
        "update accounts_paypoint set rank = 'sergeant' where id = %(point)s",
        "update accounts_paypoint set pay_table_id = %(loaded_table)s, point = 'x' where id = %(point)s",
        "update accounts_paypoint set pay_table_id = %(table)s, point = 'x' where id = %(loaded_point)s",
        "delete from accounts_paypoint where id = %(point)s",
    ],
)
def test_the_points_of_a_confirmed_table_stand(outside: Outside, change: str) -> None:
    with outside.refused("accounts_paypoint_stands") as run:
        run(change)


def test_no_point_slips_into_a_table_while_somebody_confirms_it(outside: Outside) -> None:
    """Whoever comes second waits, and the point then finds the table confirmed."""
    confirm = "update accounts_paytable set confirmed_by_id = %(second_finance)s where id = %(loaded_table)s"
    with psycopg.connect(outside.connection.info.dsn) as other:
        other.execute(confirm, outside.rows)
        with outside.refused_to_wait() as run:
            run(ADD_POINT.format(table="loaded_table"))
        other.rollback()
        outside.run(ADD_POINT.format(table="loaded_table"))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("set lock_timeout = '50ms'")
            other.execute(confirm, outside.rows)
        other.rollback()
    outside.connection.rollback()


def test_a_forged_table_in_front_of_the_true_one_is_not_looked_at(outside: Outside) -> None:
    with outside.refused("accounts_paypoint_stands") as run:
        run("create temp table accounts_paytable (like public.accounts_paytable)")
        run(ADD_POINT.format(table="table"))


@pytest.mark.parametrize(
    ("table", "key", "changes", "rule"),
    [
        ("accounts_paypoint", "loaded_point", {}, "accounts_paypoint_once_a_table"),
        ("accounts_paypoint", "loaded_point", {"annual_pay_pence": 0}, "accounts_paypoint_pay_positive"),
        ("grants_oncostrate", "recorded_on_cost", {"percent": -1}, "grants_oncostrate_percent"),
        ("grants_oncostrate", "recorded_on_cost", {"percent": 100.001}, "grants_oncostrate_percent"),
        ("grants_agencyrate", "rate", {"on_cost_percent": -1}, "grants_rate_on_cost_percent"),
        ("grants_agencyrate", "rate", {"on_cost_percent": 101}, "grants_rate_on_cost_percent"),
        ("tasking_ruleset", "recorded_rule_set", {"week_starts_on": 7}, "tasking_ruleset_switches_possible"),
        (
            "tasking_ruleset",
            "recorded_rule_set",
            {"london_weighting_pence": -1},
            "tasking_ruleset_switches_possible",
        ),
        ("tasking_assignment", "duty", {"on_cost_percent": -1}, "tasking_assignment_on_cost_within_pence"),
        ("tasking_assignment", "duty", {"on_cost_pence": -1}, "tasking_assignment_on_cost_within_pence"),
    ],
    ids=str,
)
def test_percentages_and_switches_are_possible_ones(
    outside: Outside, table: str, key: str, changes: dict[str, Any], rule: str
) -> None:
    if table == "grants_agencyrate":
        changes = changes | {"valid_from": "2021-02-02"}
    if table == "tasking_assignment":
        changes = changes | {"officer_id": outside.rows["another"]}
    with outside.refused(rule):
        copy(outside, table, key, **changes)


@pytest.mark.parametrize("on_cost", ["on_cost_pence = -1", "on_cost_pence = pence + 1"])
def test_the_on_cost_is_part_of_what_is_claimed(outside: Outside, on_cost: str) -> None:
    with outside.refused("claims_claim_on_cost_within_pence") as run:
        run(f"update claims_claim set {on_cost}, revision = revision + 1 where id = %(returned)s")


# The roster: rest days and days that stand for a public holiday


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, "tasking_substitutedholiday_once_a_day"),
        ({"day": "2021-03-04"}, "tasking_substitutedholiday_once_a_holiday"),
        ({"day": "2021-03-04", "in_place_of": "2021-03-04"}, "tasking_substitutedholiday_another_day"),
        (
            {"day": "2021-03-04", "in_place_of": "2021-01-01", "evidence": ""},
            "tasking_substitutedholiday_has_evidence",
        ),
        (
            {"day": "2021-03-04", "in_place_of": "2021-01-01", "recorded_by_id": "worker"},
            "tasking_substitutedholiday_not_ones_own",
        ),
    ],
    ids=str,
)
def test_a_holiday_is_substituted_once_with_evidence_by_another(
    outside: Outside, changes: dict[str, Any], rule: str
) -> None:
    if "recorded_by_id" in changes:
        changes = changes | {"recorded_by_id": outside.rows[changes["recorded_by_id"]]}
    with outside.refused(rule):
        copy(outside, "tasking_substitutedholiday", "substituted", **changes)


def test_a_rest_day_is_entered_once(outside: Outside) -> None:
    rest = "insert into tasking_restday (officer_id, day) values (%(worker)s, '2021-03-06')"
    with outside.refused("tasking_restday_once_a_day") as run:
        run(rest)
        run(rest)


# Time off that a duty earned


@pytest.mark.parametrize(
    "change",
    [
        "status = 'due', granted_for = null, decided_by_id = null",
        "status = 'not_due', granted_for = null",
        "granted_for = granted_for + 1",
        "decided_by_id = %(di)s",
        "because = 'x'",
        "minutes = minutes + 1",
    ],
)
def test_granted_time_off_stands(outside: Outside, change: str) -> None:
    with outside.refused("tasking_timeowed_stands") as run:
        run(f"update tasking_timeowed set {change} where id = %(granted)s")


@pytest.mark.parametrize("key", ["granted", "due"])
def test_time_off_is_not_deleted_nor_given_to_another(outside: Outside, key: str) -> None:
    changes = ("assignment_id = %(duty)s", "kind = 'lieu_day', minutes = 0", "id = 90001")
    for sql in ("delete from tasking_timeowed", *(f"update tasking_timeowed set {one}" for one in changes)):
        with outside.refused("tasking_timeowed_stands") as run:
            run(f"{sql} where id = %({key})s")


GRANT_TIME = (
    "update tasking_timeowed set status = 'granted', granted_for = '2021-03-08', decided_by_id = {}"
    " where id = %(due)s"
)


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        (GRANT_TIME.format("null"), "tasking_timeowed_granted_by_someone"),
        (
            "update tasking_timeowed set status = 'granted', decided_by_id = %(supervisor)s"
            " where id = %(due)s",
            "tasking_timeowed_granted_by_someone",
        ),
        (
            "update tasking_timeowed set granted_for = '2021-03-08' where id = %(due)s",
            "tasking_timeowed_granted_by_someone",
        ),
        (GRANT_TIME.format("%(worker)s"), "tasking_timeowed_two_people"),
        ("update tasking_timeowed set minutes = 0 where id = %(due)s", "tasking_timeowed_minutes_or_a_day"),
        (
            "insert into tasking_timeowed (assignment_id, kind, minutes, because, status, reason)"
            " values (%(toil)s, 'rest_day', 60, 'x', 'due', '')",
            "tasking_timeowed_minutes_or_a_day",
        ),
        (
            "insert into tasking_timeowed"
            " (assignment_id, kind, minutes, because, status, granted_for, decided_by_id, reason)"
            " values (%(toil)s, 'rest_day', 0, 'x', 'granted', '2021-03-08', %(supervisor)s, '')",
            "tasking_timeowed_steps",
        ),
    ],
)
def test_time_off_is_granted_by_another_and_counted_in_days_or_minutes(
    outside: Outside, sql: str, rule: str
) -> None:
    with outside.refused(rule) as run:
        run(sql)


def test_time_off_that_was_struck_is_not_granted_and_each_is_owed_once(outside: Outside) -> None:
    with outside.allowed() as run:
        run(GRANT_TIME.format("%(supervisor)s"))
    with outside.refused("tasking_timeowed_steps") as run:
        run("update tasking_timeowed set status = 'not_due', reason = 'x' where id = %(due)s")
        run(GRANT_TIME.format("%(supervisor)s"))
    with outside.refused("tasking_timeowed_once_for_a_reason"):
        copy(outside, "tasking_timeowed", "due")


def test_nothing_of_all_this_changed_the_books(rows: dict[str, Any]) -> None:
    call_command("verify_ledger")
    assert {claim.status for claim in Claim.objects.all()} == set(STATES)


# Evidence, claims held back, declared interests

DECLARED = (
    "insert into claims_interest (person_id, officer_id, agency_id, what, declared_at, ended_because)"
    " values ({person}, {officer}, {agency}, 'We share a house', now(), '')"
)
HELD = (
    "insert into claims_freeze (claim_id, reason, frozen_by_id, frozen_at, release_reason)"
    " values (%(claim)s, 'Two logs differ', %(finance)s, now(), '')"
)
SHOWN = (
    "insert into claims_evidence (claim_id, kind, reference, path, name, content_type, size, sha256, marking,"
    " added_by_id, added_at) values (%(certified)s, 'other', {reference}, {path}, '', '', 0, {sha256},"
    " 'OFFICIAL', %(finance)s, now())"
)


def declare(run: Run, person: str, *, officer: str = "null", agency: str = "null") -> None:
    run(DECLARED.format(person=f"%({person})s", officer=officer, agency=agency))


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({}, "claims_evidence_says_something"),
        ({"path": "'2021/03/1'"}, "claims_evidence_file_has_its_digest"),
        ({"path": "'2021/03/1'", "sha256": "repeat('A', 64)"}, "claims_evidence_file_has_its_digest"),
        ({"reference": "'Book 2'", "sha256": "repeat('a', 64)"}, "claims_evidence_file_has_its_digest"),
    ],
)
def test_evidence_says_where_it_is_and_a_file_has_its_digest(
    outside: Outside, columns: dict[str, str], rule: str
) -> None:
    with outside.refused(rule) as run:
        run(SHOWN.format(**{"reference": "''", "path": "''", "sha256": "''"} | columns))


TIES = ["officer", "agency"]


@pytest.mark.parametrize("tie", TIES)
def test_whoever_is_tied_neither_certifies_nor_approves_nor_settles(
    outside: Outside, pence: int, tie: str
) -> None:
    def whom(claim: str) -> dict[str, str]:
        column = {"officer": "claimant_id", "agency": "agency_id"}[tie]
        return {tie: f"(select {column} from claims_claim where id = %({claim})s)"}

    with outside.refused("claims_claim_no_interest") as run:
        declare(run, "supervisor", **whom("submitted"))
        run(CERTIFY.format("%(supervisor)s"))
    with outside.refused("claims_claim_no_interest") as run:
        declare(run, "di", **whom("certified"))
        post(outside, "approval", pence)
        approve(run)
    with outside.refused("claims_claim_no_interest") as run:
        declare(run, "finance", **whom("approved"))
        run(
            "update claims_claim set status = 'settled', revision = revision + 1,"
            " settlement_id = (select settlement_id from claims_claim where id = %(settled)s)"
            " where id = %(approved)s"
        )
    with outside.allowed() as run:
        declare(run, "di", **whom("certified"))
        run("update claims_interest set ended_at = now(), ended_because = 'Over'")
        post(outside, "approval", pence)
        approve(run)


@pytest.mark.parametrize(
    ("whom", "rule"),
    [
        ({}, "claims_interest_in_one"),
        ({"officer": "%(officer)s", "agency": "%(agency)s"}, "claims_interest_in_one"),
        ({"officer": "%(di)s"}, "claims_interest_in_another"),
    ],
)
def test_an_interest_is_in_one_other(outside: Outside, whom: dict[str, str], rule: str) -> None:
    with outside.refused(rule) as run:
        declare(run, "di", **whom)


ENDED = "update claims_interest set ended_at = now(), ended_because = 'Over'"
RELEASED = (
    "update claims_freeze set released_at = now(), released_by_id = %(finance)s,"
    " release_reason = 'Nothing in it'"
)


@pytest.mark.parametrize(
    ("statements", "rule"),
    [
        (["delete from claims_interest"], "claims_interest_append_only"),
        (["update claims_interest set what = 'x'"], "claims_interest_append_only"),
        (["update claims_interest set person_id = %(finance)s"], "claims_interest_append_only"),
        (["update claims_interest set ended_at = now()"], "claims_interest_ended_with_reason"),
        (
            [ENDED, "update claims_interest set ended_at = null, ended_because = ''"],
            "claims_interest_append_only",
        ),
    ],
)
def test_an_interest_stands_until_it_is_ended_with_a_reason(
    outside: Outside, statements: list[str], rule: str
) -> None:
    with outside.refused(rule) as run:
        declare(run, "di", officer="%(officer)s")
        for statement in statements:
            run(statement)


@pytest.mark.parametrize(
    ("statements", "rule"),
    [
        ([HELD], "claims_freeze_one_open"),
        (["delete from claims_freeze"], "claims_freeze_append_only"),
        (["update claims_freeze set reason = 'x'"], "claims_freeze_append_only"),
        (["update claims_freeze set frozen_by_id = %(di)s"], "claims_freeze_append_only"),
        (["update claims_freeze set released_at = now()"], "claims_freeze_released_with_reason"),
        (
            ["update claims_freeze set released_at = now(), release_reason = 'x'"],
            "claims_freeze_released_with_reason",
        ),
        (
            [
                RELEASED,
                "update claims_freeze set released_at = null, released_by_id = null, release_reason = ''",
            ],
            "claims_freeze_append_only",
        ),
    ],
)
def test_what_holds_a_claim_back_stands_until_it_is_released_with_a_reason(
    outside: Outside, statements: list[str], rule: str
) -> None:
    with outside.refused(rule) as run:
        run(HELD, claim=outside.rows["certified"])
        for statement in statements:
            run(statement, claim=outside.rows["certified"])


@pytest.mark.parametrize(
    ("state", "to"),
    [
        ("draft", "submitted"),
        ("submitted", "certified"),
        ("submitted", "returned"),
        ("submitted", "withdrawn"),
        ("certified", "approved"),
        ("certified", "rejected"),
        ("returned", "submitted"),
        ("approved", "settled"),
    ],
)
def test_what_is_held_back_takes_no_step(outside: Outside, state: str, to: str) -> None:
    with outside.refused("claims_claim_not_held_back") as run:
        run(HELD, claim=outside.rows[state])
        run(f"update claims_claim set status = '{to}', revision = revision + 1 where id = %({state})s")


def test_what_is_held_back_can_be_reversed_and_what_was_released_goes_on(
    outside: Outside, pence: int
) -> None:
    with outside.allowed() as run:
        run(HELD, claim=outside.rows["certified"])
        run(RELEASED)
        post(outside, "approval", pence)
        approve(run)
    with transaction.atomic():
        claim = Claim.objects.get(pk=outside.rows["also_approved"])
        safeguards.freeze(claim, by=User.objects.get(pk=outside.rows["finance"]), reason="Two logs differ")
        by = User.objects.get(pk=outside.rows["di"])
        claims.reverse(claim, by=by, revision=claim.revision, reason="Not worked")
        claim.refresh_from_db()
        assert (claim.status, claim.is_held_back) == ("reversed", False)
        transaction.set_rollback(True)
