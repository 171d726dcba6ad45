"""A grant with duties to claim from its funder, and those who draw and certify."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from claims import services as claims
from claims.models import Claim
from grants.models import Grant
from overtime_ledger import clock
from overtime_ledger.accounts.models import User
from overtime_ledger.funder import services
from overtime_ledger.funder.models import FunderClaim, FunderClaimLine, Transfer
from tests import factories as make
from tests.databases import kept
from tests.factories import House, at

FEB_28, MARCH_8 = date(2021, 2, 28), date(2021, 3, 8)


@dataclass
class FunderScene:
    """A grant with three approved duties: two of the lead force, of which one in March, one of another."""

    house: House
    manager: User
    cfo: User
    february: Claim
    other: Claim
    march: Claim

    @property
    def grant(self) -> Grant:
        return self.house.grant


@kept
def made(basis: str = "accrued") -> FunderScene:
    house = make.house(opened=False)
    Grant.objects.filter(pk=house.grant.pk).update(claim_basis=basis)
    with clock.travel(at(make.START)):
        make.open_up(house)
    make.agree(house)
    enquiry = make.enquiry(house)
    who, theirs = make.officer(house.lead), make.officer(house.other)

    def approved(officer: User, day: date) -> Claim:
        return make.claim(house, make.assignment(house, enquiry, officer, day=day), state="approved")

    return FunderScene(
        house=house,
        manager=make.person("project_manager", agency=house.lead, name="PM 3340"),
        cfo=make.person("chief_finance_officer", agency=house.lead, name="CFO 5500"),
        february=approved(who, date(2021, 2, 10)),
        other=approved(theirs, date(2021, 2, 11)),
        march=approved(who, date(2021, 3, 2)),
    )


def draw(scene: FunderScene, up_to: date = FEB_28, **said: Any) -> FunderClaim:
    said = {"by": scene.house.finance, "reason": "The first weeks were slow"} | said
    return services.draw(scene.grant, up_to=up_to, **said)


def certify_both(scene: FunderScene, claim: FunderClaim) -> FunderClaim:
    claim = services.certify(claim, capacity="pm", by=scene.manager)
    return services.certify(claim, capacity="cfo", by=scene.cfo)


def certified(scene: FunderScene, up_to: date = FEB_28) -> FunderClaim:
    return certify_both(scene, draw(scene, up_to))


def sent(scene: FunderScene, up_to: date = FEB_28) -> FunderClaim:
    claim = certified(scene, up_to)
    return services.send(claim, by=scene.house.finance, sent_on=MARCH_8, reference="Portal 1")


def received(scene: FunderScene, claim: FunderClaim, pence: int, reference: str = "HO 1") -> Transfer:
    said = {"received_on": MARCH_8, "reference": reference, "by": scene.house.finance}
    return services.receive(claim, pence=pence, **said)


def reverse_approval(scene: FunderScene, claim: Claim) -> None:
    claim.refresh_from_db()
    claims.reverse(claim, by=scene.house.di, revision=claim.revision, reason="Not worked after all")


def claimed(grant: Grant) -> dict[str, Any]:
    """Of the scene's grant a claim that was sent and paid in part, one certified, one drawn; made once."""
    people = {one.username: one for one in User.objects.filter(username__in=("finance", *SIGN))}
    claims_ = grant.funder_claims.order_by("number")
    if not claims_.exists():
        for day in (10, 17, 28):
            another(grant, people, up_to=date(2021, 2, day))
        paid = services.send(
            claims_[0], by=people["finance"], sent_on=date(2021, 2, 20), reference="Portal 1"
        )
        services.receive(
            paid, pence=100, received_on=date(2021, 3, 1), reference="HO 1", by=people["finance"]
        )
    return {
        "funder_sent": claims_.filter(status="sent").earliest("number"),
        "funder_certified": claims_.filter(status="certified").earliest("number"),
        "funder_drawn": claims_.get(status="drawn"),
        "funder_line": FunderClaimLine.objects.filter(claim__grant=grant).earliest("pk"),
        "funder_transfer": Transfer.objects.filter(grant=grant).earliest("pk"),
    }


SIGN = ("project_manager", "cfo")


def another(grant: Grant, people: dict[str, User], *, up_to: date) -> FunderClaim:
    """Certify what was drawn, and draw the next claim."""
    for drawn in grant.funder_claims.filter(status="drawn"):
        services.certify(drawn, capacity="pm", by=people["project_manager"])
        services.certify(drawn, capacity="cfo", by=people["cfo"])
    return services.draw(grant, up_to=up_to, by=people["finance"], reason="A slow start")
