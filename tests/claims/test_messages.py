"""What is told by e-mail: at once, once a day, before days that come near, and never a name or an amount."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from claims import selectors, services
from claims.models import Claim
from claims.services import late, notices, safeguards
from claims.services.digests import waiting_by_person, write_digests
from grants import terms
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, User
from overtime_ledger.accounts.services import LEDGER_USERNAME
from overtime_ledger.payments.services import batches, differences, invoices
from overtime_ledger.post.models import Message
from overtime_ledger.post.services import BECAUSE, Kind, text_of
from tasking.models import Enquiry, Subject
from tests import factories as make
from tests.scene import Scene

DAY = date(2021, 3, 8)
LAST = date(2021, 3, 31)


@pytest.fixture
def db(own_database: None) -> None:
    """In the place of pytest-django's: a copy of the scene."""


@pytest.fixture
def stage(db: None, stage: Scene) -> Scene:
    """The scene, with an e-mail address for everybody."""
    for person in User.objects.all():
        person.email = f"{person.username}@example.police.uk"
        person.save(update_fields=["email"])
    return stage


def told(kind: Kind) -> dict[str, str]:
    """What the messages of a kind say, by the sign-in name of who gets them."""
    rows = Message.objects.filter(kind=kind).order_by("pk").select_related("to")
    assert len({row.to_id for row in rows}) == len(rows)
    return {row.to.username: row.body.split("\n\n", 1)[1] for row in rows}


def nightly(day: date, hour: int = 2) -> str:
    printed = StringIO()
    with clock.travel(make.at(day, hour)):
        call_command("nightly", stdout=printed)
    return printed.getvalue()


# At once


def test_a_return_is_told_at_once_to_its_claimant_and_to_the_clerk_who_entered_it(stage: Scene) -> None:
    claim = services.submit(services.as_planned(stage.btp_to_claim), by=stage.house.clerk)
    services.return_claim(
        claim,
        by=stage.house.other_supervisor,
        revision=claim.revision,
        reason_code="times",
        reason="Which end?",
    )
    assert told(Kind.RETURNED).keys() == {"btp_officer", "clerk"}
    assert {row.path for row in Message.objects.all()} == {f"/claims/{claim.pk}/"}
    assert mail.outbox == []


def test_a_rejection_is_told_at_once_to_its_claimant(stage: Scene) -> None:
    claim = stage.flagged
    services.reject(claim, by=stage.house.di, revision=claim.revision, reason="Never worked")
    assert told(Kind.REJECTED).keys() == {claim.claimant.username}


def test_a_request_for_more_time_is_told_to_the_di_and_the_deputies_in_force(stage: Scene) -> None:
    longer = replace(services.as_planned(stage.to_claim), ends_at=make.at(stage.to_claim.duty_on, 21))
    services.submit(longer, by=stage.to_claim.officer, reason="It went on")
    assert told(Kind.MORE_TIME).keys() == {"di", "deputy"}


def test_what_is_undone_is_not_told(stage: Scene) -> None:
    claim = stage.flagged
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.reject(claim, by=stage.house.di, revision=claim.revision, reason="Never worked")
        raise ZeroDivisionError
    assert not Message.objects.exists()


def test_each_return_of_a_claim_is_told(stage: Scene) -> None:
    claim = stage.returned
    for _ in range(2):
        claim = services.submit(
            services.as_claimed(claim), by=claim.claimant, claim=claim, revision=claim.revision
        )
        said = {"reason_code": "times", "reason": "Still not as logged"}
        claim = services.return_claim(claim, by=stage.house.di, revision=claim.revision, **said)
    assert Message.objects.filter(kind=Kind.RETURNED, to=claim.claimant).count() == 2


# Once a day


def waiting() -> dict[str, dict[str, int]]:
    names = dict(User.objects.values_list("pk", "username"))
    found = waiting_by_person()
    return {names[person]: dict(+counts) for person, counts in found.items()}


def test_each_is_told_what_waits_for_them(stage: Scene) -> None:
    """The same numbers that they find at home, where each asks for oneself."""
    house, found = stage.house, waiting()
    assert found["officer"] == {"to_claim": 2, "to_answer": 1}
    assert found["btp_officer"] == {"to_claim": 1}
    assert found["clerk"] == {"agency_to_claim": 2}
    assert found["supervisor"] == {"to_certify": 1}
    assert found["btp_supervisor"] == {"to_certify": 1}
    assert found["di"] == found["deputy"] == {"clean": 3, "flagged": 2, "more_time": 1}
    assert found["finance"] == found["second_finance"] == {"to_settle": 4}
    assert found.keys().isdisjoint({"auditor", "administrator", "nobody", "other_clerk", "expired_deputy"})
    for officer in (*stage.constables, *stage.btp):
        mine = found.get(officer.username, {})
        assert mine.get("to_claim", 0) == selectors.duties_to_claim(officer).count()
        assert mine.get("to_answer", 0) == selectors.to_answer(officer).count()
    assert found["clerk"]["agency_to_claim"] == selectors.agency_duties(house.clerk).count()
    for controller in (house.di, house.deputy):
        assert found[controller.username]["clean"] == selectors.clean_for(controller).count()
        assert found[controller.username]["flagged"] == selectors.flagged_for(controller).count()
    for supervisor in (house.supervisor, house.other_supervisor):
        assert found[supervisor.username]["to_certify"] == selectors.to_certify(supervisor).count()


def test_what_one_may_not_decide_does_not_wait_for_one(stage: Scene) -> None:
    house = stage.house
    safeguards.declare_interest(by=house.di, officer=stage.flagged.claimant, what="My neighbour")
    safeguards.declare_interest(by=house.deputy, agency=house.lead, what="A past employer")
    safeguards.declare_interest(by=house.supervisor, officer=stage.to_certify.claimant, what="My neighbour")
    safeguards.freeze(stage.clean[0], by=house.finance, reason="Two logs differ")
    safeguards.freeze(stage.approved[0], by=house.auditor, reason="Two logs differ")
    found = waiting()
    assert found["di"] == {"clean": 2, "flagged": 1, "more_time": 1}
    assert "deputy" not in found and "supervisor" not in found
    assert found["finance"] == {"to_settle": 3}
    for person in User.objects.filter(username__in=("di", "deputy")):
        assert found.get(person.username, {}).get("clean", 0) == selectors.clean_for(person).count()


def test_finance_is_told_of_the_late_list_and_of_terms_that_others_put_forward(stage: Scene) -> None:
    house = stage.house
    terms.propose(
        house.grant,
        by=house.finance,
        after={"purpose": "Overtime and analysis"},
        reason="Agreed at the board",
        effective_from=DAY,
    )
    with clock.travel(make.at(LAST + timedelta(days=1))):
        late.ask_for_exception(stage.to_claim, by=stage.to_claim.officer, reason="In hospital")
        found = waiting()
    assert found["finance"] == {"to_settle": 4, "late": 1}
    assert found["second_finance"] == {"to_settle": 4, "late": 1, "terms": 1}


def test_the_digest_comes_once_a_day_and_not_when_nothing_waits(stage: Scene) -> None:
    nightly(DAY)
    nightly(DAY, hour=23)
    digest = told(Kind.DIGEST)
    assert digest["di"] == (
        "Waiting for you:\n- 3 clean claims to approve\n- 2 claims with questions to decide\n"
        "- 1 request for more time\n- 1 underspend to decide on"
    )
    assert "auditor" not in digest and "nobody" not in digest
    nightly(DAY + timedelta(days=1))
    days = Counter(Message.objects.filter(kind=Kind.DIGEST, to=stage.house.di).values_list("key", flat=True))
    assert set(days.values()) == {1} and len(days) == 2


def test_the_night_sends_what_it_wrote(stage: Scene) -> None:
    printed = nightly(DAY)
    assert len(mail.outbox) == Message.objects.sent().count() == Message.objects.count() > 5
    assert printed.endswith(f"{len(mail.outbox)} messages sent\n")


def test_a_superuser_is_told_nothing_for_that_alone(stage: Scene) -> None:
    User.objects.create_superuser(
        "root", "root@example.police.uk", "x", staff_number="1", display_name="Root"
    )
    assert "root" not in waiting()


def test_digests_ask_the_database_as_often_for_many_as_for_few(stage: Scene) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            write_digests()
        return len(captured)

    queries()
    few = queries()
    house = stage.house
    for who in [make.officer(house.lead) for _ in range(4)]:
        make.assignment(house, stage.enquiry, who, day=date(2021, 3, 4))
        make.claim(house, make.assignment(house, stage.enquiry, who, day=date(2021, 3, 2)))
    make.person("supervisor", agency=house.lead), make.person("finance", agency=house.lead)
    User.objects.update(email="somebody@example.police.uk")
    assert queries() == few


# Never a name or an amount


def everything_that_is_told(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """One message of each kind at least, with all that the scene has to tell of."""
    house = stage.house
    monkeypatch.setattr(notices, "PERCENTS", (1,))
    services.return_claim(
        stage.to_certify,
        by=house.supervisor,
        revision=stage.to_certify.revision,
        reason_code="times",
        reason="MM-7F3K left at 18:00",
    )
    services.reject(stage.flagged, by=house.di, revision=stage.flagged.revision, reason="£105.12 too much")
    longer = replace(services.as_planned(stage.to_claim), ends_at=make.at(stage.to_claim.duty_on, 21))
    services.submit(longer, by=stage.to_claim.officer, reason="It went on")
    _invoiced_wrongly(stage)
    for day in (DAY, LAST - timedelta(days=1), LAST + timedelta(days=1)):
        nightly(day)
    found = list(Message.objects.order_by("pk"))
    assert {message.kind for message in found} == {*Kind.values} == {*BECAUSE}
    return found


def _invoiced_wrongly(stage: Scene) -> None:
    """An agency is sent a statement, its invoice is disputed, and somebody wants more to be tolerated."""
    house, claim = stage.house, stage.btp_approved
    days = {"from_on": claim.duty_on, "to_on": claim.duty_on}
    statement = batches.draw(house.grant, house.other, by=house.finance, **days)
    batches.mark_sent(statement, by=house.finance)
    said = {"dated_on": clock.today(), "received_on": clock.today(), "net_pence": claim.pence + 100}
    invoice = invoices.Said(number="BTP-1", lines={claim.pk: claim.pence + 100}, **said)
    invoices.record(statement, invoice, by=house.finance, dispute=f"£1.00 more than {claim.claimant} claimed")
    differences.propose_tolerance(house.grant, by=house.finance, pence=2, reason=f"As {claim.claimant} asked")


def test_no_message_of_any_kind_holds_a_subject_a_name_or_an_amount(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = everything_that_is_told(stage, monkeypatch)
    people = User.objects.exclude(username=LEDGER_USERNAME)
    secret = {
        *people.values_list("display_name", flat=True),
        *people.values_list("staff_number", flat=True),
        *Subject.objects.values_list("codename", flat=True),
        *Enquiry.objects.values_list("name", flat=True),
        *Agency.objects.values_list("code", flat=True),
        *Agency.objects.values_list("name", flat=True),
        stage.house.grant.reference,
        *(str(pence) for pence in Claim.objects.values_list("pence", flat=True)),
    }
    holding = re.compile("|".join(rf"\b{re.escape(one)}\b" for one in secret) + r"|£|\d[.,]\d|MM-|\bp\b")
    for message in found:
        assert not holding.search(f"{message.subject}\n{text_of(message)}"), message.kind


def test_each_message_bears_a_marking_in_its_subject_and_its_text(
    stage: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for message in everything_that_is_told(stage, monkeypatch):
        assert message.subject.startswith("OFFICIAL-SENSITIVE [ORGANISATIONAL]: "), message.kind
        assert text_of(message).startswith("OFFICIAL-SENSITIVE [ORGANISATIONAL]\n\n")
        assert f"\nhttps://ledger.example.police.uk{message.path}\n" in text_of(message)
