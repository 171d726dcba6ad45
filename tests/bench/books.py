"""The books that are measured, filled by plain SQL: the services would take minutes."""

from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection, transaction

from grants import ledger
from overtime_ledger import clock
from tests import factories as make

PENCE = 10_000


@dataclass(frozen=True)
class Books:
    """The keys that the measured work needs."""

    line: int
    di: int
    claims: list[int]
    large_grant: int


def fill(*, claims: int, entries: int) -> Books:
    """Migrate; then a grant with certified claims, and another with many entries."""
    call_command("migrate", verbosity=0)
    house = make.house(amount_pence=100_000_000_00)
    enquiry = make.enquiry(house, pence=50_000_000_00)
    with clock.travel(make.at(make.START)):
        for kind, name in ((ledger.Kind.TASKING, "task"), (ledger.Kind.SUBMISSION, "submit")):
            ledger.post(
                kind,
                enquiry.line,
                claims * PENCE,
                effective_on=make.START,
                reference=f"bench:{name}",
                by=house.di,
            )
    values = {
        "claims": claims,
        "pence": PENCE,
        "agency": house.lead.pk,
        "grant": house.grant.pk,
        "enquiry": enquiry.pk,
        "line": enquiry.line_id,
        "di": house.di.pk,
        "supervisor": house.supervisor.pk,
    }
    with connection.cursor() as cursor:
        with transaction.atomic():
            for statement in CERTIFIED:
                cursor.execute(statement, values)
        cursor.execute("select array_agg(id order by id) from claims_claim")
        (ids,) = cursor.fetchone()
    large = many_entries(entries, values)
    with connection.cursor() as cursor:
        cursor.execute(APPROVE_IN_ONE_CALL)
        cursor.execute("vacuum analyze")
    return Books(line=enquiry.line_id, di=house.di.pk, claims=ids, large_grant=large)


# Each officer has one duty a day for fifty days: no two claims of one officer overlap.
CERTIFIED = (
    """
    insert into accounts_user (
        username, staff_number, display_name, agency_id, password, is_superuser, email, is_staff, is_active,
        date_joined)
    select 'bench' || n, 'B' || n, 'PC ' || n, %(agency)s, '!', false, '', false, true, now()
    from generate_series(0, (%(claims)s - 1) / 50) n
    """,
    """
    insert into tasking_tasking (
        enquiry_id, duty_type, starts_at, ends_at, break_minutes, reason, retrospective_reason, told_at,
        status, issued_by_id, issued_at, capacity)
    select %(enquiry)s, 'planned', day + interval '16 hours', day + interval '20 hours', 0, 'Observations',
           '', day, 'issued', %(di)s, day, 'controlling DI'
    from generate_series(timestamptz '2021-02-01 00:00+00', '2021-03-22 00:00+00', '1 day') day
    """,
    """
    insert into tasking_assignment (
        tasking_id, officer_id, agency_id, starts_at, ends_at, duty_on, rank, grade, annual_pay_pence,
        agreed_multiplier, follows_tour, weekly_minutes_before, authorised_pence, committed_pence,
        authorised_minutes, lines, notes, status)
    select tasking.id, officer.id, %(agency)s, tasking.starts_at, tasking.ends_at,
           (tasking.starts_at at time zone 'Europe/London')::date, 'constable', 'constable', 4113000, '',
           false, 0, %(pence)s, %(pence)s, 240, '[]', '[]', 'claimed'
    from accounts_user officer, tasking_tasking tasking where officer.username like 'bench%%'
    order by tasking.id, officer.id limit %(claims)s
    """,
    """
    insert into claims_claim (
        assignment_id, claimant_id, grant_id, enquiry_id, agency_id, duty_type, duty_on, starts_at, ends_at,
        break_minutes, worked_minutes, pence, remark, attested_worked, attested_sole_fund, flags, status,
        revision, entered_by_id, submitted_at)
    select id, officer_id, %(grant)s, %(enquiry)s, %(agency)s, 'planned', duty_on, starts_at, ends_at, 0, 240,
           %(pence)s, '', true, true, '[]', 'submitted', 1, officer_id, ends_at
    from tasking_assignment
    """,
    """
    insert into claims_evidence (
        claim_id, kind, reference, path, name, content_type, size, sha256, marking, added_by_id, added_at)
    select id, 'duty_record', 'Duty ' || id, '', '', '', 0, '', 'OFFICIAL', claimant_id, ends_at
    from claims_claim
    """,
    """
    update claims_claim set status = 'certified', certified_by_id = %(supervisor)s, certified_at = ends_at,
                            revision = 2
    """,
)

APPROVE_IN_ONE_CALL = """
create function bench_approve(one bigint, di bigint) returns void language plpgsql as $$
declare
    c claims_claim;
    line bigint;
    entry text;
begin
    select * into c from claims_claim where id = one for no key update;
    select line_id into line from tasking_enquiry where id = c.enquiry_id;
    entry := 'claim:' || one || ':approve:' || c.revision + 1;
    update claims_claim set status = 'approved', approved_by_id = di, approved_at = now(),
                            approval_entry_id = entry, revision = c.revision + 1 where id = one;
    insert into claims_event (
        claim_id, verb, by_id, at, revision, reason_code, reason, pence, capacity, facts)
    values (one, 'approved', di, now(), c.revision + 1, '', '', c.pence, 'controlling DI', jsonb_build_object(
        'starts_at', c.starts_at, 'ends_at', c.ends_at, 'break_minutes', c.break_minutes,
        'duty_type', c.duty_type, 'pence', c.pence));
    insert into grants_ledgerentry (
        grant_id, kind, source_line_id, source_stage, target_line_id, target_stage,
        pence, effective_on, posted_on, reference, reason, recorded_by_id)
    values (c.grant_id, 'approval', line, 'claimed', line, 'approved',
            c.pence, c.duty_on, '2021-03-08', entry, '', di);
end $$;
"""


def many_entries(entries: int, values: dict[str, int]) -> int:
    """A grant whose twenty lines went up the ladder in many small entries, restored as from a backup."""
    with connection.cursor() as cursor, transaction.atomic():
        # The triggers would chain each of the entries: minutes, and what is measured here only reads.
        cursor.execute("set local session_replication_role = replica")
        for statement in MANY:
            cursor.execute(statement, values | {"entries": entries})
        cursor.execute("select max(id) from grants_grant")
        (grant,) = cursor.fetchone()
    return int(grant)


MANY = (
    """
    insert into grants_grant select (jsonb_populate_record(small, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('grants_grant', 'id')), 'reference', 'PCD 999'))).*
    from grants_grant small where id = %(grant)s
    """,
    """
    insert into grants_budgetline select (jsonb_populate_record(small, jsonb_build_object(
        'id', nextval(pg_get_serial_sequence('grants_budgetline', 'id')), 'name', 'Line ' || n,
        'is_main', n = 1, 'grant_id', (select max(id) from grants_grant)))).*
    from grants_budgetline small, generate_series(1, 20) n where small.id = %(line)s
    """,
    """
    insert into grants_ledgerentry (
        grant_id, number, kind, source_line_id, source_stage, target_line_id, target_stage, pence,
        effective_on, posted_on, reference, reason, recorded_by_id, recorded_at, digest)
    select line.grant_id, n, step.kind, line.id, step.source, line.id, step.target, 1000 + n %% 977,
           date '2021-02-01' + n / 4 %% 59, date '2021-02-01' + n / 4 %% 59, 'large:' || n, '', %(di)s, now(),
           sha256(n::text::bytea)
    from generate_series(1, %(entries)s) n
    join lateral (values (0, 'tasking', 'available', 'tasked'), (1, 'submission', 'tasked', 'claimed'),
                         (2, 'approval', 'claimed', 'approved'), (3, 'settlement', 'approved', 'settled'))
         step (place, kind, source, target) on step.place = n %% 4
    join grants_budgetline line on line.grant_id = (select max(id) from grants_grant)
                               and line.name = 'Line ' || 1 + n / 4 %% 20
    """,
)
