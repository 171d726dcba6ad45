"""Verbs on a claim: the controls C01 to C13 and A01 to A04, and where the money goes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from claims import services
from claims.checks import Statement
from claims.models import Claim, Event, MoreTime
from grants.models import LADDER, LedgerEntry
from grants.services import delegate, move
from overtime_ledger import clock
from overtime_ledger.errors import Refusal
from tasking.models import Assignment, Enquiry, RosteredTour
from tests import factories as make

pytestmark = pytest.mark.django_db
DAY = date(2021, 2, 10)


def refused(code: str) -> pytest.RaisesExc[Refusal]:
    return pytest.raises(Refusal, match=f"^{code}: ")


@pytest.fixture
def house() -> make.House:
    return make.house()


@pytest.fixture
def enquiry(house: make.House) -> Enquiry:
    return make.enquiry(house)


@pytest.fixture
def duty(house: make.House, enquiry: Enquiry) -> Assignment:
    """Four hours from 16:00, tasked the day before: £105.12."""
    return make.assignment(house, enquiry, make.officer(house.lead), day=DAY)


def stages(enquiry: Enquiry) -> tuple[int, ...]:
    enquiry.line.refresh_from_db()
    return tuple(getattr(enquiry.line, stage) for stage in LADDER)


def stated(duty: Assignment, start: int, end: int) -> Statement:
    on = duty.duty_on
    return replace(services.as_planned(duty), starts_at=make.at(on, start), ends_at=make.at(on, end))


def submit(statement: Statement, **more: object) -> Claim:
    return services.submit(statement, by=statement.assignment.officer, **more)  # type: ignore[arg-type]


def test_as_planned_claims_what_was_committed(duty: Assignment, enquiry: Enquiry) -> None:
    claim = submit(services.as_planned(duty))
    assert (claim.status, claim.pence, claim.worked_minutes) == ("submitted", 10_512, 240)
    assert stages(enquiry) == (989_488, 0, 10_512, 0, 0)
    assert "£105.12" in claim.pay_lines[0].working
    assert claim.events.get().verb == Event.Verb.SUBMITTED


def test_what_was_not_worked_returns_in_the_same_transaction(duty: Assignment, enquiry: Enquiry) -> None:
    claim = submit(stated(duty, 16, 18))
    assert claim.pence == 5_256
    assert stages(enquiry) == (994_744, 0, 5_256, 0, 0)


def test_c01_only_the_officer_named_claims(house: make.House, duty: Assignment) -> None:
    for outsider in (make.officer(house.lead), house.supervisor, house.di, house.finance, house.clerk):
        with refused("C01"):
            services.submit(services.as_planned(duty), by=outsider)


def test_an_agency_clerk_claims_for_officers_of_the_agency(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house)
    duty = make.assignment(house, enquiry, make.officer(house.other), day=DAY)
    claim = services.submit(services.as_planned(duty), by=house.clerk)
    assert claim.entered_by == house.clerk and claim.claimant == duty.officer


def test_c02_a_duty_is_claimed_once(duty: Assignment) -> None:
    submit(services.as_planned(duty))
    with refused("C02"):
        submit(services.as_planned(duty))


def test_c02_no_minute_is_claimed_twice(house: make.House, enquiry: Enquiry, duty: Assignment) -> None:
    later = make.assignment(house, enquiry, duty.officer, day=DAY, hours=(20, 22))
    with refused("C02"):
        submit(stated(later, 19, 21))
    submit(services.as_planned(later))  # touching ends are fine
    with refused("C02"):
        submit(stated(duty, 17, 21), reason="Ran on")


@pytest.mark.parametrize(("start", "end"), [(18, 18), (18, 16)])
def test_c03_the_end_is_after_the_start(duty: Assignment, start: int, end: int) -> None:
    with refused("C03"):
        submit(stated(duty, start, end))


def test_c03_a_break_as_long_as_the_duty_is_said_to_be_so(duty: Assignment) -> None:
    with pytest.raises(Refusal, match=r"^C03: The break is as long as the duty"):
        submit(replace(stated(duty, 16, 18), break_minutes=120))


def test_c03_not_over_24_hours_nor_before_it_is_worked(house: make.House, duty: Assignment) -> None:
    with refused("C03"):
        submit(replace(stated(duty, 16, 20), ends_at=make.at(DAY + timedelta(days=1), 17)))
    with clock.travel(make.at(DAY, 19)), refused("C03"):
        submit(services.as_planned(duty))


def test_c03_nothing_payable_is_no_claim(duty: Assignment) -> None:
    statement = replace(stated(duty, 16, 17), ends_at=make.at(DAY, 16, 14))
    with refused("C03"):
        submit(statement)


def test_c04_more_time_is_asked_of_the_di_while_the_claim_waits(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    with refused("C04"):
        submit(stated(duty, 16, 22))
    claim = submit(stated(duty, 16, 22), reason="The subject stayed")
    assert (claim.status, claim.more_time.get().extra_pence) == ("draft", 5_257)
    assert stages(enquiry) == (989_488, 10_512, 0, 0, 0)
    with refused("A02"):
        services.grant_more_time(claim, by=house.supervisor, revision=claim.revision)
    claim = services.grant_more_time(claim, by=house.di, revision=claim.revision)
    assert claim.status == "submitted"
    assert stages(enquiry) == (984_231, 0, 15_769, 0, 0)
    assert claim.flags[0]["code"] == "C04" and claim.has_hold
    assert claim.pay_lines
    duty.refresh_from_db()
    assert sum(line["pence"] for line in duty.lines) == duty.pay_pence == claim.pence
    assert "360 minutes" in duty.lines[0]["working"]


def test_c04_a_part_of_the_time_is_granted_and_the_claim_ends_earlier(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    claim = submit(stated(duty, 16, 22), reason="The subject stayed")
    for reason, minutes, code in (("", 60, "A08"), ("One hour", 0, "C04"), ("One hour", 121, "C04")):
        with refused(code):
            services.grant_more_time(
                claim, by=house.di, revision=claim.revision, reason=reason, minutes=minutes
            )
    claim = services.grant_more_time(
        claim, by=house.di, revision=claim.revision, reason="One hour was needed", minutes=60
    )
    assert (claim.status, claim.worked_minutes, claim.entered_by) == ("submitted", 300, duty.officer)
    assert claim.pence == 13_141 == sum(line.pence for line in claim.pay_lines)
    assert stages(enquiry) == (986_859, 0, 13_141, 0, 0)
    duty.refresh_from_db()
    assert (duty.authorised_minutes, duty.ends_at) == (300, claim.ends_at)


def test_c04_refused_the_officer_claims_what_was_authorised(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    claim = submit(stated(duty, 16, 22), reason="The subject stayed")
    with refused("A08"):
        services.refuse_more_time(claim, by=house.di, revision=claim.revision, reason="")
    claim = services.refuse_more_time(claim, by=house.di, revision=claim.revision, reason="Not agreed")
    assert claim.more_time.get().status == MoreTime.Status.REFUSED
    claim = submit(services.as_planned(duty), claim=claim, revision=claim.revision)
    assert claim.status == "submitted"
    assert stages(enquiry) == (989_488, 0, 10_512, 0, 0)


def test_c05_another_duty_type_is_held(duty: Assignment) -> None:
    with clock.travel(make.at(DAY + timedelta(days=1))):
        claim = submit(replace(services.as_planned(duty), duty_type="casual"))
    assert [(flag["code"], flag["level"]) for flag in claim.flags] == [("C05", "hold")]


def test_c06_nothing_is_submitted_or_approved_after_claims_close(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    claim = make.claim(house, duty, state="certified")
    second = make.assignment(house, enquiry, duty.officer, day=date(2021, 3, 30))
    with clock.travel(make.at(date(2021, 4, 1))):
        with refused("C06") as late:
            submit(services.as_planned(second))
        assert (late.value.who, "named exception" in late.value.fix) == ("Finance", True)
        with refused("C06"):
            services.approve(claim, by=house.di, revision=claim.revision)


def test_c07_a_late_claim_is_a_question(duty: Assignment) -> None:
    with clock.travel(make.at(DAY + timedelta(days=14), 23)):
        assert submit(services.as_planned(duty)).is_clean
    services.withdraw(claim := Claim.objects.get(), by=duty.officer, revision=claim.revision)
    with clock.travel(make.at(DAY + timedelta(days=15))):
        again = submit(services.as_planned(duty))
    assert [(flag["code"], flag["level"]) for flag in again.flags] == [("C07", "note")]


def test_c08_not_inside_the_rostered_tour(duty: Assignment) -> None:
    RosteredTour.objects.create(officer=duty.officer, starts_at=make.at(DAY, 8), ends_at=make.at(DAY, 16))
    with refused("C08"):
        submit(stated(duty, 15, 18))
    assert submit(stated(duty, 16, 18)).status == "submitted"


@pytest.mark.parametrize("missing", ["attested_worked", "attested_sole_fund"])
def test_c13_both_attestations_are_needed(duty: Assignment, missing: str) -> None:
    with refused("C13"):
        submit(replace(services.as_planned(duty), **{missing: False}))


def test_withdrawn_a_duty_can_be_claimed_anew(duty: Assignment, enquiry: Enquiry) -> None:
    claim = submit(stated(duty, 16, 18))
    services.withdraw(claim, by=duty.officer, revision=claim.revision)
    assert stages(enquiry) == (994_744, 5_256, 0, 0, 0)
    # The full duty is within what was authorised: the rest is committed again.
    again = submit(services.as_planned(duty))
    assert again.pk != claim.pk
    assert stages(enquiry) == (989_488, 0, 10_512, 0, 0)


def test_the_rest_may_be_gone_when_the_full_duty_is_claimed_again(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    claim = submit(stated(duty, 16, 18))
    services.withdraw(claim, by=duty.officer, revision=claim.revision)
    enquiry.line.refresh_from_db()
    main = house.grant.lines.get(is_main=True)
    move(enquiry.line, main, enquiry.line.available, by=house.di, reason="Elsewhere", token="t")
    with refused("T03"):
        submit(services.as_planned(duty))


def test_certifying_moves_no_money_and_takes_another_of_the_same_agency(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    claim = submit(services.as_planned(duty))
    before = stages(enquiry)
    for outsider in (house.other_supervisor, house.di, house.finance, duty.officer):
        with refused("P01"):
            services.certify(claim, by=outsider, revision=claim.revision, record="Duty record 1")
    claim = services.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")
    assert (claim.status, stages(enquiry)) == ("certified", before)


def test_a01_nobody_certifies_or_approves_their_own(house: make.House, enquiry: Enquiry) -> None:
    versatile = make.person("officer", "supervisor", agency=house.lead)
    make.RankHeldFactory(person=versatile)
    claim = submit(services.as_planned(make.assignment(house, enquiry, versatile, day=DAY)))
    with refused("A01"):
        services.certify(claim, by=versatile, revision=claim.revision, record="Duty record 1")


def test_a01_who_certified_does_not_approve(house: make.House, duty: Assignment) -> None:
    both = make.person("supervisor", "deputy", agency=house.lead)
    delegate(house.grant, both, by=house.di, from_on=clock.today(), to_on=clock.today())
    claim = submit(services.as_planned(duty))
    claim = services.certify(claim, by=both, revision=claim.revision, record="Duty record 1")
    for verb in (services.approve, services.reject):
        with refused("A01"):
            verb(claim, by=both, revision=claim.revision, reason="Fine")


def test_returned_the_claimant_answers_with_a_new_revision(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    claim = make.claim(house, duty, state="certified")
    with refused("A08"):
        services.return_claim(claim, by=house.di, revision=claim.revision, reason_code="", reason="Why?")
    claim = services.return_claim(
        claim, by=house.di, revision=claim.revision, reason_code="times", reason="The log says 19:00"
    )
    assert (claim.status, claim.certified_by) == ("returned", None)
    assert stages(enquiry) == (989_488, 10_512, 0, 0, 0)
    answer = replace(stated(duty, 16, 19), remark="The log is right")
    claim = submit(answer, claim=claim, revision=claim.revision)
    assert (claim.status, claim.pence) == ("submitted", 7_884)
    assert stages(enquiry) == (992_116, 0, 7_884, 0, 0)
    assert [event.verb for event in claim.events.all()] == ["submitted", "certified", "returned", "submitted"]


def test_approved_it_is_incurred(house: make.House, duty: Assignment, enquiry: Enquiry) -> None:
    claim = make.claim(house, duty, state="approved")
    assert stages(enquiry) == (989_488, 0, 0, 10_512, 0)
    assert claim.approval_entry and claim.approval_entry.pence == 10_512


def test_a02_approval_is_the_controlling_dis(house: make.House, duty: Assignment) -> None:
    claim = make.claim(house, duty, state="certified")
    for outsider in (house.deputy, house.finance, house.auditor, house.other_supervisor):
        with refused("A02"):
            services.approve(claim, by=outsider, revision=claim.revision)


def test_a_deputys_approval_says_in_whose_name(house: make.House, duty: Assignment) -> None:
    claim = make.claim(house, duty, state="certified")
    delegate(
        house.grant, house.deputy, by=house.di, from_on=clock.today(), to_on=clock.today(), limit_pence=10_511
    )
    with refused("A02"):
        services.approve(claim, by=house.deputy, revision=claim.revision)
    claim.grant.authorities.filter(person=house.deputy).update(limit_pence=10_512)
    services.approve(claim, by=house.deputy, revision=claim.revision)
    assert claim.events.last().capacity == "for the controlling DI"  # type: ignore[union-attr]


def test_a03_a_claim_that_changed_is_not_approved_and_says_what_changed(
    house: make.House, duty: Assignment
) -> None:
    claim = make.claim(house, duty, state="certified")
    with refused("A03") as refusal:
        services.approve(claim, by=house.di, revision=claim.revision - 1)
    assert "certified by PS 9003" in refusal.value.reason


def test_a07_a_flagged_claim_is_approved_with_a_reason(house: make.House, duty: Assignment) -> None:
    claim = submit(replace(services.as_planned(duty), duty_type="casual"))
    claim = services.certify(claim, by=house.supervisor, revision=claim.revision, record="Duty record 1")
    with refused("A07"):
        services.approve(claim, by=house.di, revision=claim.revision)
    claim = services.approve(claim, by=house.di, revision=claim.revision, reason="Told after the tour began")
    assert claim.status == "approved"


def test_rejected_its_money_is_available_and_the_duty_is_over(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    claim = make.claim(house, duty, state="certified")
    services.reject(claim, by=house.di, revision=claim.revision, reason="Not worked")
    assert stages(enquiry) == (1_000_000, 0, 0, 0, 0)
    with refused("C02"):
        submit(services.as_planned(duty))


def test_reversed_after_approval_and_after_settlement(
    house: make.House, enquiry: Enquiry, duty: Assignment
) -> None:
    approved = make.claim(house, duty, state="approved")
    settled = make.claim(
        house, make.assignment(house, enquiry, duty.officer, day=date(2021, 2, 12)), state="approved"
    )
    services.settle([settled], grant=house.grant, agency=house.lead, reference="P1", by=house.finance)
    assert stages(enquiry) == (978_976, 0, 0, 10_512, 10_512)
    for claim in (approved, settled):
        claim.refresh_from_db()
        with refused("A08"):
            services.reverse(claim, by=house.di, revision=claim.revision, reason="")
        claim = services.reverse(claim, by=house.di, revision=claim.revision, reason="Wrong fund")
        assert claim.status == "reversed" and claim.reversal_entry
    assert stages(enquiry) == (1_000_000, 0, 0, 0, 0)


def test_settling_takes_approved_claims_of_one_agency_all_or_none(
    house: make.House, enquiry: Enquiry, duty: Assignment
) -> None:
    make.agree(house)
    ours = make.claim(house, duty, state="approved")
    theirs = make.claim(
        house, make.assignment(house, enquiry, make.officer(house.other), day=DAY), state="approved"
    )

    def settle(*claims: Claim, reference: str = "P1", expected: int | None = None) -> object:
        return services.settle(
            claims,
            grant=house.grant,
            agency=house.lead,
            reference=reference,
            by=house.finance,
            expected_pence=expected,
        )

    before = stages(enquiry)
    for attempt, code in (
        (lambda: settle(ours, theirs), "F05"),
        (lambda: settle(ours, reference=" "), "F04"),
        (lambda: settle(ours, expected=1), "A03"),
        (lambda: settle(), "A03"),
    ):
        with refused(code):
            attempt()
    assert stages(enquiry) == before
    settle(ours, expected=10_512)
    ours.refresh_from_db()
    assert ours.status == "settled" and ours.settlement and ours.settlement.pence == 10_512
    another = make.claim(
        house, make.assignment(house, enquiry, duty.officer, day=date(2021, 2, 12)), state="approved"
    )
    with refused("F02"):
        settle(another)


VERBS: dict[str, Callable[..., Claim]] = {
    "certify": services.certify,
    "approve": services.approve,
    "reject": services.reject,
    "reverse": services.reverse,
    "withdraw": services.withdraw,
}


@pytest.mark.parametrize(
    ("state", "verb", "code"),
    [
        ("submitted", "approve", "A13"),
        ("submitted", "reverse", "A03"),
        ("certified", "certify", "A03"),
        ("certified", "reverse", "A03"),
        ("approved", "approve", "A03"),
        ("approved", "reject", "A03"),
        ("approved", "withdraw", "A03"),
    ],
)
def test_a_step_out_of_turn_is_refused(
    house: make.House, duty: Assignment, state: str, verb: str, code: str
) -> None:
    claim = make.claim(house, duty, state=state)
    reason = {} if verb == "certify" else {"reason": "Because"}
    with refused(code):
        VERBS[verb](claim, by=house.di, revision=claim.revision, **reason)


def test_what_stayed_with_its_claimant_lapses_when_claims_close(
    house: make.House, duty: Assignment, enquiry: Enquiry
) -> None:
    claim = make.claim(house, duty, state="certified")
    claim = services.return_claim(
        claim, by=house.di, revision=claim.revision, reason_code="times", reason="Which?"
    )
    assert services.lapse(claim, by=house.finance) == 0
    with clock.travel(make.at(date(2021, 4, 1))):
        assert services.lapse(claim, by=house.finance) == 10_512
    assert stages(enquiry) == (1_000_000, 0, 0, 0, 0)


def test_t08_more_time_does_not_pass_the_agencys_maximum(house: make.House, enquiry: Enquiry) -> None:
    make.agree(house, maximum_pence=11_000)
    duty = make.assignment(house, enquiry, make.officer(house.other), day=DAY)  # £106.67
    claim = submit(stated(duty, 16, 22), reason="The subject stayed")
    before = stages(enquiry)
    with refused("T08"):
        services.grant_more_time(claim, by=house.di, revision=claim.revision)
    assert stages(enquiry) == before


def test_more_time_is_committed_by_who_granted_it(house: make.House, duty: Assignment) -> None:
    claim = submit(stated(duty, 16, 22), reason="The subject stayed")
    services.grant_more_time(claim, by=house.di, revision=claim.revision)
    committed, submitted = LedgerEntry.objects.order_by("-number")[:2][::-1]
    assert (committed.kind, committed.recorded_by) == ("tasking", house.di)
    assert (submitted.kind, submitted.recorded_by) == ("submission", duty.officer)


def test_withdrawn_the_officers_time_is_again_as_tasked(duty: Assignment) -> None:
    claim = submit(stated(duty, 12, 15))
    services.withdraw(claim, by=duty.officer, revision=claim.revision)
    duty.refresh_from_db()
    assert (duty.starts_at, duty.ends_at) == (make.at(DAY, 16), make.at(DAY, 20))
