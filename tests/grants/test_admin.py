"""Grants in the administration: what two people do, the opening, and the books that nobody types over."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from grants import services
from grants.admin.grant import terms_seen
from grants.models import AgencyAgreement, AgencyRate, Gate, Grant, LedgerEntry, OnCostRate
from overtime_ledger import clock
from overtime_ledger.accounts import two_people
from overtime_ledger.accounts.models import User
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> make.House:
    return make.house(opened=False)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def press(client: Client, row: Any, verb: str, **fields: object) -> Any:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_{verb}"
    return client.post(reverse(name, args=(row.pk,)), fields)


def record(client: Client, gate: Gate, day: date = date(2021, 1, 14)) -> Any:
    """Type a gate's date and evidence and send them."""
    fields = {
        "record-happened_on_0": day.day,
        "record-happened_on_1": day.month,
        "record-happened_on_2": day.year,
        "record-evidence": "Folder 3",
    }
    return press(client, gate, "record", **fields)


def confirm(client: Client, row: Any, seen: str | None = None) -> Any:
    return press(client, row, "confirm", seen=two_people.state_of(row) if seen is None else seen)


def refused(page: Any, code: str) -> bool:
    return page.status_code == 422 and page.context["refusal"].code == code


def test_a_gate_is_recorded_by_one_and_confirmed_by_another(house: make.House) -> None:
    gate = house.grant.gates.get(kind="legal")
    one, other = signed_in(house.finance), signed_in(house.second_finance)
    assert refused(confirm(one, gate), "G04")
    assert record(one, gate).status_code == 302
    gate.refresh_from_db()
    assert (gate.state, gate.happened_on, gate.evidence) == ("recorded", date(2021, 1, 14), "Folder 3")
    assert refused(confirm(one, gate), "G01")
    assert confirm(other, gate).status_code == 302
    gate.refresh_from_db()
    assert (gate.state, gate.confirmed_by) == ("confirmed", house.second_finance)
    assert refused(record(one, gate), "G02")


def test_what_is_typed_about_a_gate_is_kept_when_it_is_refused(house: make.House) -> None:
    gate = house.grant.gates.get(kind="legal")
    page = record(signed_in(house.finance), gate, date(2031, 1, 14))
    assert refused(page, "G03") and "Folder 3" in page.content.decode() and "2031" in page.content.decode()
    gate.refresh_from_db()
    assert gate.state == "missing"


def test_what_changed_since_it_was_seen_is_not_confirmed(house: make.House) -> None:
    gate = house.grant.gates.get(kind="legal")
    record(signed_in(house.finance), gate)
    gate.refresh_from_db()
    seen = two_people.state_of(gate)
    record(signed_in(house.finance), gate, date(2021, 1, 15))
    for token in (seen, ""):
        assert refused(confirm(signed_in(house.second_finance), gate, token), "A03")
    gate.refresh_from_db()
    assert gate.state == "recorded"


def test_gates_are_confirmed_together_each_on_its_own(house: make.House) -> None:
    mine, foreign = house.grant.gates.all()[:2]
    services.record_gate(mine, by=house.second_finance, happened_on=make.START, evidence="On file")
    services.record_gate(foreign, by=house.finance, happened_on=make.START, evidence="On file")
    client = signed_in(house.second_finance)
    chosen = {"action": "confirm", "index": "0", "_selected_action": [str(mine.pk), str(foreign.pk)]}
    asked = client.post("/admin/grants/gate/", chosen)
    assert asked.context["selection"].ready == [foreign]
    assert [out.refusal.code for out in asked.context["selection"].left_out] == ["G01"]
    gates = Gate.objects.in_bulk([mine.pk, foreign.pk])
    seen = " ".join(f"{pk}:{two_people.state_of(gate)}" for pk, gate in gates.items())
    done = client.post(reverse("admin:grants_gate_confirm_together"), {"seen": seen})
    assert [out.row for out in done.context["done"]] == [foreign]
    assert [out.refusal.code for out in done.context["refused"]] == ["G01"]
    mine.refresh_from_db()
    assert mine.state == "recorded"


def test_a_grant_opens_when_its_gates_are_confirmed(house: make.House) -> None:
    client = signed_in(house.finance)
    page = press(client, house.grant, "open")
    assert refused(page, "T01") and "Funder&#x27;s countersignature" in page.content.decode()
    assert not LedgerEntry.objects.exists()
    for gate in house.grant.gates.all():
        services.record_gate(gate, by=house.finance, happened_on=make.START, evidence="On file")
        two_people.confirm(gate, by=house.second_finance)
    page = client.get(f"/admin/grants/grant/{house.grant.pk}/change/").content.decode()
    assert "Open and award £135,000.00" in page
    assert press(client, house.grant, "open").status_code == 302
    house.grant.refresh_from_db()
    assert house.grant.status == Grant.Status.OPEN and LedgerEntry.objects.get().pence == 13_500_000
    assert refused(press(client, house.grant, "open"), "G05")


def test_gates_and_opening_are_for_finance(house: make.House) -> None:
    gate = house.grant.gates.get(kind="legal")
    for person in (house.auditor, house.di, house.administrator):
        client = signed_in(person)
        assert record(client, gate).status_code == 404
        assert confirm(client, gate).status_code == 404
        assert press(client, house.grant, "open").status_code == 404
    assert signed_in(house.auditor).get(f"/admin/grants/gate/{gate.pk}/change/").status_code == 200
    gate.refresh_from_db()
    assert gate.state == "missing"


# Agreements and rates


def agreement_form(house: make.House, maximum: str = "20,000.00") -> dict[str, object]:
    return {
        "grant": house.grant.pk,
        "agency": house.other.pk,
        "reference": "BTP/1",
        "charging_basis": "Agreed hourly rates",
        "maximum_pence": maximum,
        "signed_on": "1/2/2021",
    }


def rate_form(agreement: AgencyAgreement, multiplier: str = "4/3") -> dict[str, object]:
    return {
        "agreement": agreement.pk,
        "grade": "constable",
        "duty_type": "planned",
        "hourly_pence": "20.15",
        "multiplier": multiplier,
        "valid_from": "1/2/2021",
        "valid_to": "31/3/2021",
        "on_cost_percent": "12.5",
        "source": "Rate letter",
        "agreed_with": "Head of finance",
    }


def test_finance_adds_an_agreement_and_a_second_person_confirms_it(house: make.House) -> None:
    one, other = signed_in(house.finance), signed_in(house.second_finance)
    assert one.get("/admin/grants/agencyagreement/add/").status_code == 200
    assert one.post("/admin/grants/agencyagreement/add/", agreement_form(house)).status_code == 302
    agreement = AgencyAgreement.objects.get()
    assert (agreement.maximum_pence, agreement.recorded_by) == (2_000_000, house.finance)
    assert agreement.confirmed_by is None
    assert refused(confirm(one, agreement), "G01")
    assert confirm(other, agreement).status_code == 302
    agreement.refresh_from_db()
    assert agreement.confirmed_by == house.second_finance
    address = f"/admin/grants/agencyagreement/{agreement.pk}/change/"
    assert one.post(address, agreement_form(house, "99,000.00")).status_code == 404
    agreement.refresh_from_db()
    assert agreement.maximum_pence == 2_000_000


def test_who_changes_a_rate_has_recorded_it(house: make.House) -> None:
    agreement = make.agree(house, grades=())
    one, other = signed_in(house.finance), signed_in(house.second_finance)
    one.post("/admin/grants/agencyrate/add/", rate_form(agreement))
    rate = AgencyRate.objects.get()
    assert (rate.hourly_pence, rate.recorded_by) == (2_015, house.finance)
    assert (rate.on_cost_percent, rate.agreed_with) == (Decimal("12.5"), "Head of finance")
    page = other.get(f"/admin/grants/agencyrate/{rate.pk}/confirm/").content.decode()
    assert "12.5%" in page and "Head of finance" in page
    seen = two_people.state_of(rate)
    change = f"/admin/grants/agencyrate/{rate.pk}/change/"
    assert other.post(change, rate_form(agreement, "3/2")).status_code == 302
    rate.refresh_from_db()
    assert (rate.multiplier, rate.recorded_by) == ("3/2", house.second_finance)
    assert refused(confirm(other, rate), "G01")
    assert refused(confirm(one, rate, seen), "A03")
    assert confirm(one, rate).status_code == 302


def test_a_rate_says_in_words_what_is_wrong_with_it(house: make.House) -> None:
    agreement = make.agree(house, grades=())
    client = signed_in(house.finance)
    page = client.post("/admin/grants/agencyrate/add/", rate_form(agreement, "1.33"))
    assert "Enter an exact multiplier" in page.content.decode()
    backwards = rate_form(agreement) | {"valid_to": "1/1/2021"}
    page = client.post("/admin/grants/agencyrate/add/", backwards)
    assert "The rate ends before it begins." in page.content.decode()
    page = client.post("/admin/grants/agencyrate/add/", rate_form(agreement) | {"on_cost_percent": "101"})
    assert "The on-cost is a percentage from 0 to 100." in page.content.decode()
    client.post("/admin/grants/agencyrate/add/", rate_form(agreement))
    page = client.post("/admin/grants/agencyrate/add/", rate_form(agreement))
    assert "already exists" in page.content.decode()
    assert AgencyRate.objects.count() == 1


def test_agreements_and_rates_are_only_for_finance(house: make.House) -> None:
    for person in (house.di, house.auditor, house.administrator):
        client = signed_in(person)
        assert client.post("/admin/grants/agencyagreement/add/", agreement_form(house)).status_code == 404
    assert not AgencyAgreement.objects.exists()


# On-costs


ON_COSTS = "/admin/grants/oncostrate/"
NI = {"kind": "employer_ni", "percent": "13.8", "valid_from": "6/4/2020", "source": "Rates of 2020 to 2021"}


def test_finance_records_an_on_cost_and_a_second_person_confirms_it(house: make.House) -> None:
    one, other = signed_in(house.finance), signed_in(house.second_finance)
    assert one.get(f"{ON_COSTS}add/").status_code == 200
    assert one.post(f"{ON_COSTS}add/", NI).status_code == 302
    rate = OnCostRate.objects.get()
    assert (rate.percent, rate.recorded_by, rate.confirmed_by) == (Decimal("13.8"), house.finance, None)
    assert "13.8%" in one.get(ON_COSTS).content.decode()
    assert refused(confirm(one, rate), "G01")
    change = f"{ON_COSTS}{rate.pk}/change/"
    seen = two_people.state_of(rate)
    assert one.post(change, NI | {"percent": "15.05"}).status_code == 302
    assert refused(confirm(other, rate, seen), "A03")
    rate.refresh_from_db()
    assert confirm(other, rate).status_code == 302
    assert one.post(change, NI).status_code == 404
    page = one.get(change)
    assert page.status_code == 200 and "15.05%" in page.content.decode()
    assert "<form" not in page.content.decode().split('id="content-main"')[1].split("footer")[0]
    rate.refresh_from_db()
    assert (rate.percent, rate.confirmed_by) == (Decimal("15.05"), house.second_finance)


def test_an_on_cost_says_in_words_what_is_wrong_with_it(house: make.House) -> None:
    client = signed_in(house.finance)
    for wrong, said in (
        ({"percent": "100.5"}, "from 0 to 100"),
        ({"percent": "-1"}, "from 0 to 100"),
        ({"valid_from": "6/4/0020"}, "between 2000 and 2999"),
    ):
        assert said in client.post(f"{ON_COSTS}add/", NI | wrong).content.decode()
    assert not OnCostRate.objects.exists()


def test_on_costs_are_only_for_finance(house: make.House) -> None:
    for person in (house.di, house.auditor, house.administrator):
        assert signed_in(person).post(f"{ON_COSTS}add/", NI).status_code == 404
    assert not OnCostRate.objects.exists()


def test_a_grant_says_which_on_costs_it_bears_and_what_they_come_to(house: make.House) -> None:
    client = signed_in(house.finance)
    address = f"/admin/grants/grant/{house.grant.pk}/change/"
    assert press(client, house.grant, "terms", **terms(house, on_cost="ni_levy")).status_code == 302
    house.grant.refresh_from_db()
    assert house.grant.on_cost == "ni_levy"
    assert "not on record for today" in client.get(address).content.decode()
    make.on_costs()
    assert "14.3% of the pay today" in client.get(address).content.decode()
    page = press(client, house.grant, "terms", **terms(house, on_cost="levy"))
    assert page.status_code == 422 and "on_cost" in page.context["typed"].errors


# The books


def test_the_books_are_read_and_never_typed_over() -> None:
    house = make.house()
    make.enquiry(house)
    entry = LedgerEntry.objects.first()
    assert entry
    client = signed_in(house.auditor)
    page = client.get("/admin/grants/ledgerentry/").content.decode()
    assert "£135,000.00" in page and bytes(entry.digest).hex()[:12] in page
    assert client.get(f"/admin/grants/ledgerentry/{entry.pk}/change/").status_code == 200
    for kind, pk in (
        ("ledgerentry", entry.pk),
        ("budgetline", entry.target_line_id),
        ("authority", house.grant.authorities.get().pk),
    ):
        for person in (house.auditor, house.finance, house.di):
            reader = signed_in(person)
            assert reader.get(f"/admin/grants/{kind}/").status_code == 200
            assert reader.get(f"/admin/grants/{kind}/add/").status_code == 404
            assert reader.post(f"/admin/grants/{kind}/{pk}/change/", {"pence": 1}).status_code == 404
            assert reader.post(f"/admin/grants/{kind}/{pk}/delete/", {"post": "yes"}).status_code == 404


def test_a_di_sees_the_books_of_the_own_grant_alone() -> None:
    house = make.house()
    stranger = make.person("controlling_di", agency=house.lead, is_staff=True)
    client = signed_in(stranger)
    for kind in ("grant", "budgetline", "ledgerentry", "authority"):
        assert list(client.get(f"/admin/grants/{kind}/").context["cl"].queryset) == []
    assert client.get(f"/admin/grants/grant/{house.grant.pk}/change/").status_code == 404


def test_queries_stay_the_same_as_the_ledger_grows() -> None:
    house = make.house()
    client = signed_in(house.di)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/grants/ledgerentry/")
            client.get("/admin/grants/budgetline/")
        return len(captured)

    make.enquiry(house)
    first = queries()
    for _ in range(3):
        make.enquiry(house)
    assert queries() == first


# Who controls, and the terms


def day_fields(name: str, day: date) -> dict[str, object]:
    return {f"{name}_0": day.day, f"{name}_1": day.month, f"{name}_2": day.year}


def appoint(client: Client, grant: Grant, person: User, day: date, **more: object) -> Any:
    said = {"appoint-person": person.pk, **day_fields("appoint-from_on", day)}
    return press(client, grant, "appoint", **said, **more)


def test_finance_appoints_the_controlling_di_after_a_page_that_asks(house: make.House) -> None:
    client = signed_in(house.finance)
    successor = make.person("controlling_di", agency=house.lead, name="DI 9077", is_staff=True)
    asked = appoint(client, house.grant, successor, date(2021, 3, 1))
    page = asked.content.decode()
    assert asked.status_code == 200 and "DI 9077" in page and "DI 9001, relieved on 28 February 2021" in page
    assert house.grant.authorities.count() == 1
    assert (
        "DI 9077" in appoint(client, house.grant, successor, date(2021, 3, 1), change="yes").content.decode()
    )
    assert appoint(client, house.grant, successor, date(2021, 3, 1), confirmed="yes").status_code == 302
    held = house.grant.authorities.order_by("from_on")
    assert [(one.person, one.from_on, one.to_on) for one in held] == [
        (house.di, make.START, date(2021, 2, 28)),
        (successor, date(2021, 3, 1), None),
    ]
    assert refused(appoint(client, house.grant, house.di, date(2021, 2, 20), confirmed="yes"), "G06")


def test_only_a_controlling_di_is_appointed_and_only_by_finance(house: make.House) -> None:
    for person in (house.deputy, house.finance, house.supervisor):
        page = appoint(signed_in(house.finance), house.grant, person, make.START, confirmed="yes")
        assert page.status_code == 422 and page.context["typed"].errors
    for person in (house.auditor, house.di, house.administrator):
        answer = appoint(signed_in(person), house.grant, house.di, date(2021, 3, 1), confirmed="yes")
        assert answer.status_code == 404
    assert house.grant.authorities.count() == 1


def terms(house: make.House, **changed: object) -> dict[str, object]:
    """The form of the terms as it is typed, with what the page showed."""
    grant = Grant.objects.get(pk=house.grant.pk)
    fields = {
        name: getattr(grant, name)
        for name in (
            "reference",
            "title",
            "funder",
            "fund",
            "recipient",
            "spending_body",
            "purpose",
            "cost_types",
            "on_cost",
            "claim_basis",
            "marking",
            "release_after_days",
        )
    }
    fields |= {"lead_force": house.lead.pk, "amount_pence": "135,000.00"}
    for name in ("eligible_from", "eligible_to", "claims_close_on", "books_close_on"):
        fields |= day_fields(name, getattr(grant, name))
    for name in ("amber_under", "red_under", "amber_over", "red_over"):
        fields[f"{name}_percent"] = getattr(grant, f"{name}_percent")
    return {f"terms-{name}": value for name, value in (fields | changed).items()} | {
        "seen": terms_seen(grant)
    }


def test_finance_corrects_the_terms_of_a_draft(house: make.House) -> None:
    client = signed_in(house.finance)
    seen = terms(house, amount_pence="140,000.00", amber_under_percent=90, title="The pilot")
    assert press(client, house.grant, "terms", **seen).status_code == 302
    house.grant.refresh_from_db()
    assert (house.grant.amount_pence, house.grant.amber_under_percent) == (14_000_000, 90)
    assert house.grant.title == "The pilot"
    assert refused(press(client, house.grant, "terms", **seen), "A03")


def test_terms_that_cannot_be_are_said_beside_their_field(house: make.House) -> None:
    client = signed_in(house.finance)
    wrong = terms(house, red_under_percent=97, **day_fields("eligible_to", date(2021, 1, 31)))
    page = press(client, house.grant, "terms", **wrong)
    assert page.status_code == 422 and {"eligible_to", "amber_under_percent"} <= set(
        page.context["typed"].errors
    )
    house.grant.refresh_from_db()
    assert house.grant.red_under_percent == 85


def test_the_terms_of_an_open_grant_stand(house: make.House) -> None:
    seen = terms(house, amount_pence="140,000.00")
    make.open_up(house)
    client = signed_in(house.finance)
    page = press(client, house.grant, "terms", **seen)
    assert refused(page, "G05") and "terms under which it was opened stand" in page.content.decode()
    page = client.get(f"/admin/grants/grant/{house.grant.pk}/change/").content.decode()
    assert "terms-amount_pence" not in page
    house.grant.refresh_from_db()
    assert house.grant.amount_pence == 13_500_000
    for person in (house.auditor, house.di, house.administrator):
        assert press(signed_in(person), house.grant, "terms", **seen).status_code == 404


def test_a_grant_is_set_up_and_put_to_work_from_the_browser_alone() -> None:
    house = make.house(opened=False)
    one, other, di = (signed_in(person) for person in (house.finance, house.second_finance, house.di))
    said = {name.removeprefix("terms-"): value for name, value in terms(house).items()}
    said |= {"reference": "PCD 913", "confirmed": "yes"}
    with clock.travel(make.at(make.START)):
        assert one.post(reverse("grants:set_up"), said).status_code == 302
        grant = Grant.objects.get(reference="PCD 913")
        page = one.get(reverse("grants:grant", args=(grant.pk,))).content.decode()
        assert reverse("admin:grants_grant_change", args=(grant.pk,)) in page
        for gate in grant.gates.all():
            assert record(one, gate).status_code == 302
            gate.refresh_from_db()
            assert confirm(other, gate).status_code == 302
        assert appoint(one, grant, house.di, make.START, confirmed="yes").status_code == 302
        assert press(one, grant, "open").status_code == 302
        opening = {
            "grant": grant.pk,
            "new_subjects": 1,
            "objective": "Fuller enquiries",
            "kind": "surveillance",
        }
        assert di.post(reverse("tasking:open_enquiry"), opening).status_code == 302
        main, line = grant.lines.order_by("-is_main")
        move = {
            "source": main.pk,
            "target": line.pk,
            "pence": "5,000.00",
            "reason": "Opening allocation",
            "token": "6f1c2f6e-2f7e-4bb0-9d2e-0c3c2c1d1a11",
            "confirmed": "yes",
        }
        assert di.post(reverse("grants:move", args=(grant.pk,)), move).status_code == 302
    line.refresh_from_db()
    assert line.available == 500_000
