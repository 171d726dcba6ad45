"""How lists and files fare with fifty thousand claims, beside five hundred in the same run.

    python -m tests.bench.lists

Each page is opened as finance opens it: filtered, on its first and on a late page; then the files. Of a file
we also want to know whether it takes more memory when it is a hundred times as long.
"""

import os
import time
import tracemalloc
from collections.abc import Callable, Iterator

from tests.bench.__main__ import own_database, said

SMALL, LARGE = 500, 50_000
SOME = 5_000  # as many as the memory is compared at: with fewer there is nothing yet to be let go of
AGAIN = 3
PAGE_GOAL = 0.15  # seconds, on the machine at hand with nothing else to do
MEMORY_GOAL = 1.5  # times the memory of the small one

PAGES = (
    "/",
    "/claims/",
    "/claims/?page={late}",
    "/claims/?page={middle}",
    "/claims/?status=certified",
    "/claims/?officer=B7",
    "/claims/?flagged=yes",
    "/claims/?from=2021-02-10&to=2021-02-16",
    "/claims/?waiting=approver",
    "/taskings/",
    "/taskings/?page={late}",
    "/taskings/?status=claimed",
    "/grants/1/entries/",
    "/grants/1/entries/?page={late}",
    "/grants/1/entries/?stage=claimed",
    "/disclosure/grants/1/commitments/",
    "/disclosure/grants/1/commitments/?page={late}",
    "/claims/late/",
    "/payments/",
    "/payments/batches/",
    "/audit/",
    "/audit/?page={late}",
    "/audit/?what=claims",
    "/audit/controls/",
    "/audit/exceptions/",
    "/audit/exceptions/?page={late}",
)
FILES = (
    "/claims/?format=csv",
    "/claims/?format=xlsx",
    "/taskings/?format=csv",
    "/grants/1/entries/?format=csv",
    "/disclosure/grants/1/commitments/?format=csv",
    "/audit/?format=csv",
    "/audit/exceptions/?format=csv",
)

# Officers from one number to another, one duty a day each for fifty days, so that no two overlap; every
# tenth claim has a question, two of five are not certified yet. The triggers would take minutes.
MORE = (
    """
    insert into accounts_user (
        username, staff_number, display_name, agency_id, password, is_superuser, email, is_staff, is_active,
        date_joined)
    select 'bench' || n, 'B' || n, 'PC ' || n, %(agency)s, '!', false, '', false, true, now()
    from generate_series(%(first)s, %(last)s) n
    """,
    """
    insert into tasking_tasking (
        enquiry_id, duty_type, starts_at, ends_at, break_minutes, reason, retrospective_reason, told_at,
        status, issued_by_id, issued_at, capacity)
    select %(enquiry)s, 'planned', day + interval '16 hours', day + interval '20 hours', 0, 'Observations',
           '', day, 'issued', %(di)s, day - interval '1 day', 'group ' || n
    from generate_series(timestamptz '2021-02-01 00:00+00', '2021-03-22 00:00+00', '1 day') day,
         generate_series(%(first)s / 10, %(last)s / 10) n
    """,
    """
    insert into tasking_assignment (
        tasking_id, officer_id, agency_id, starts_at, ends_at, duty_on, rank, grade, annual_pay_pence,
        agreed_multiplier, follows_tour, weekly_minutes_before, authorised_pence, committed_pence,
        authorised_minutes, lines, notes, status)
    select tasking.id, officer.id, %(agency)s, tasking.starts_at, tasking.ends_at,
           (tasking.starts_at at time zone 'Europe/London')::date, 'constable', 'constable', 4113000, '',
           false, 0, 10000, 10000, 240, '[]', '[]', 'claimed'
    from accounts_user officer
    join tasking_tasking tasking
        on tasking.capacity = 'group ' || substring(officer.username from 6)::int / 10
    where officer.username like 'bench%%'
      and substring(officer.username from 6)::int between %(first)s and %(last)s
    """,
    """
    insert into claims_claim (
        assignment_id, claimant_id, grant_id, enquiry_id, agency_id, duty_type, duty_on, starts_at, ends_at,
        break_minutes, worked_minutes, pence, remark, attested_worked, attested_sole_fund, flags, status,
        revision, entered_by_id, submitted_at, certified_by_id, certified_at, rank)
    select duty.id, officer_id, %(grant)s, %(enquiry)s, duty.agency_id, 'planned', duty_on, starts_at,
           ends_at, 0, 240, 10000, '', true, true,
           case when duty.id %% 10 = 0 then
               '[{"code": "C07", "level": "note", "question": "Why so late?"}]' else '[]' end::jsonb,
           case when duty.id %% 5 < 2 then 'submitted' else 'certified' end, 2, officer_id, ends_at,
           case when duty.id %% 5 >= 2 then %(supervisor)s end, case when duty.id %% 5 >= 2 then ends_at end,
           'constable'
    from tasking_assignment duty
    where not exists (select from claims_claim claim where claim.assignment_id = duty.id)
    """,
    """
    insert into claims_claimline (
        claim_id, revision, position, rule, starts_at, ends_at, minutes, units, multiplier, hourly_pence,
        pence, working)
    select id, 2, 1, 'planned', starts_at, ends_at, 240, 16, '4/3', 1971.0000, 10000, '16 quarters'
    from claims_claim claim where not exists (select from claims_claimline where claim_id = claim.id)
    """,
    """
    insert into grants_ledgerentry (
        grant_id, number, kind, source_line_id, source_stage, target_line_id, target_stage, pence,
        effective_on, posted_on, reference, reason, recorded_by_id, recorded_at, digest)
    select %(grant)s, (select max(number) from grants_ledgerentry) + row_number() over (order by id),
           'submission', %(line)s, 'tasked', %(line)s, 'claimed', pence, duty_on, duty_on,
           'claim:' || id || ':submit:1', '', claimant_id, ends_at, sha256(id::text::bytea)
    from claims_claim claim
    where not exists (
        select from grants_ledgerentry where reference = 'claim:' || claim.id || ':submit:1')
    """,
    """
    insert into audit_accesslog (at, by_id, action, what, filters, rows, sha256)
    select now(), %(finance)s, 'viewed', 'Claims of day ' || n, '{}', 1, ''
    from generate_series(%(first)s * 50, %(last)s * 50 + 49) n
    """,
)


def fill(values: dict[str, int], claims: int, have: int) -> None:
    """More of everything, as from a backup."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        with transaction.atomic():
            cursor.execute("set local session_replication_role = replica")
            for statement in MORE:
                cursor.execute(statement, values | {"first": have // 50, "last": claims // 50 - 1})
        cursor.execute("vacuum analyze")


def opened(client: object, address: str) -> float:
    """Seconds until a page, or the whole of a file, is there."""
    began = time.perf_counter()
    response = client.get(address)  # type: ignore[attr-defined]
    assert response.status_code == 200, (address, response.status_code)
    if response.streaming:
        for _ in response:
            pass
    return time.perf_counter() - began


def best(ask: Callable[[], float]) -> float:
    return min(ask() for _ in range(AGAIN))


def peak(client: object, address: str) -> int:
    """The most bytes that Python held while a file was made and sent."""
    tracemalloc.start()
    opened(client, address)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest


def measured(client: object, claims: int) -> Iterator[tuple[str, float]]:
    for address in PAGES:
        late = claims // 50 - 1
        place = address.format(late=late, middle=late // 2)
        yield address, best(lambda place=place: opened(client, place))
    for address in FILES:
        yield address, opened(client, address)


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.SECURE_SSL_REDIRECT = False
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    from tests import factories as make

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("roles", "load")
    house = make.house(amount_pence=100_000_000_00)
    enquiry = make.enquiry(house, pence=50_000_000_00)
    values = {
        "agency": house.lead.pk,
        "grant": house.grant.pk,
        "enquiry": enquiry.pk,
        "line": enquiry.line_id,
        "di": house.di.pk,
        "supervisor": house.supervisor.pk,
        "finance": house.finance.pk,
    }
    client = Client()
    client.force_login(house.finance)
    found: dict[int, dict[str, float]] = {}
    memory: dict[int, int] = {}
    have = 0
    for claims in (SMALL, SOME, LARGE):
        fill(values, claims, have)
        have = claims
        if claims != SOME:
            found[claims] = dict(measured(client, claims))
        if claims != SMALL:
            memory[claims] = peak(client, "/claims/?format=csv")
    for address, small in found[SMALL].items():
        large = found[LARGE][address]
        goal = f" (goal {PAGE_GOAL} s) {said(large < PAGE_GOAL)}" if address in PAGES else ""
        print(f"{address}: {small:.3f} s with {SMALL} claims, {large:.3f} s with {LARGE}{goal}")
    ratio = memory[LARGE] / memory[SOME]
    print(
        f"Memory of the register as CSV: {memory[SOME] / 1e6:.1f} MB with {SOME} claims, "
        f"{memory[LARGE] / 1e6:.1f} MB with {LARGE}, "
        f"ratio {ratio:.2f} (goal {MEMORY_GOAL}) {said(ratio < MEMORY_GOAL)}"
    )
    connection.close()


if __name__ == "__main__":
    os.environ.setdefault("HTTPS", "false")
    with own_database():
        main()
