"""Every address of the product against everybody: who finds a page, for whom it does not exist, who may act.

The tables below are to be read by whoever reviews access. An address that is not in them fails the first
test, so nothing new opens by oversight. What one may not see is not there (404); whoever is not signed in is
led to the sign-in page; looking changes nothing.
"""

import logging
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, reduce
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import auth
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest
from django.template.backends.django import Template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.safestring import SafeString
from pytest_django import Settings

from claims import services as claims
from claims.models import Claim, LateClaim
from claims.services import safeguards
from grants import planning
from grants.models import OnCostRate, Profile, TermsChange, UnderspendNotice, VarianceComment
from overtime_ledger import clock
from overtime_ledger.accounts.models import Agency, ApiClient, PayTable, User
from overtime_ledger.accounts.services import the_ledger
from overtime_ledger.audit.models import AccessLog, Change, ControlSpoke
from overtime_ledger.books.models import AccrualRun, Closing, ClosingItem, Retention
from overtime_ledger.books.services import accruals
from overtime_ledger.disclosure import extracts
from overtime_ledger.disclosure.models import Disclosure, Extract
from overtime_ledger.payments.models import Batch, BatchLine, CreditNote, Invoice, Tolerance
from tasking import selectors
from tasking import services as tasking
from tasking.models import RestDay, RosteredTour, SubstitutedHoliday, TimeOwed
from tests import factories as make
from tests.books.scene import books_of
from tests.databases import OwnDatabases
from tests.factories import at, message_to
from tests.funder.scene import claimed
from tests.payments.payroll import payroll
from tests.payments.scene import papers
from tests.scene import FEB_1, Scene, another_grant

# Who there is. `other_di` controls another grant, `other_clerk` is of an agency that has nothing to do with
# this one, the delegation of `expired_deputy` ran out, `nobody` signs in without any role.
CONTROL = "di deputy"
DI_ROLE = f"{CONTROL} expired_deputy other_di"
READ_ALL = "finance auditor"
OFFICERS = "officer btp_officer"
SUPERVISORS = "supervisor btp_supervisor"
CLERKS = "clerk other_clerk"
SIGNS = "project_manager cfo"
DECLARES = f"{DI_ROLE} {SUPERVISORS} finance"
STAFF = f"{DI_ROLE} {READ_ALL} administrator"
SIGNED_IN = f"{STAFF} {OFFICERS} {SUPERVISORS} {CLERKS} {SIGNS} nobody"
WITH_CLAIMS = f"{DI_ROLE} {READ_ALL} {OFFICERS} {SUPERVISORS} {CLERKS}"
EVERYBODY = f"{SIGNED_IN} anonymous"
TO_THE_FUNDER = f"{CONTROL} {READ_ALL} {SIGNS}"


@dataclass(frozen=True)
class Page:
    """Who opens it (200), who is led on from it (302), who may send it something; nobody else finds it.

    `acts` is None where there is nothing to send. Who is in `only_acts` is told that a GET is not the way
    (405). `of` names what of the scene the address is made for. What is there `by_token` is for programs
    alone: whoever is signed in is told so (401).
    """

    opens: str = ""
    led_on: str = ""
    acts: str | None = None
    only_acts: str = ""
    of: str = ""
    query: str = ""
    by_token: bool = False


A_DUTY = (
    "grant={grant}&duty_type=planned&day=2021-03-17&starts=16:00&ends=20:00"
    "&officers={officers[0]}&officers={officers[1]}"
)
PAGES = {
    "": Page(SIGNED_IN),
    # A grant
    "grants/": Page(f"{DI_ROLE} {READ_ALL}"),
    "grants/set-up/": Page("finance", acts="finance"),
    "grants/<int:pk>/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "grants/<int:pk>/lines/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "grants/<int:pk>/agencies/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "grants/<int:pk>/weeks/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "grants/<int:pk>/evaluation/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "grants/<int:pk>/terms/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "grants/<int:pk>/entries/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "grants/<int:pk>/position.<str:file_format>": Page(f"{CONTROL} {READ_ALL}", of="house.grant csv"),
    "grants/<int:pk>/agencies.<str:file_format>": Page(f"{CONTROL} {READ_ALL}", of="house.grant csv"),
    "grants/<int:pk>/weeks.<str:file_format>": Page(f"{CONTROL} {READ_ALL}", of="house.grant csv"),
    "grants/<int:pk>/variance.<str:file_format>": Page(f"{CONTROL} {READ_ALL}", of="house.grant csv"),
    "grants/<int:pk>/spending.<str:file_format>": Page(f"{CONTROL} {READ_ALL}", of="house.grant csv"),
    "grants/<int:pk>/profile/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "grants/<int:pk>/profile/set/": Page("finance", acts="finance", of="house.grant"),
    "grants/<int:pk>/profile/confirm/": Page(acts="finance", only_acts="finance", of="house.grant"),
    "grants/<int:pk>/profile/take-back/": Page(acts="finance", only_acts="finance", of="house.grant"),
    "grants/<int:pk>/comment/": Page(
        f"{CONTROL} finance", acts=f"{CONTROL} finance", of="house.grant", query="agency={agency}"
    ),
    "grants/<int:pk>/underspend/": Page(f"{CONTROL} {READ_ALL}", acts=CONTROL, of="house.grant"),
    "grants/<int:pk>/move/": Page(CONTROL, acts=CONTROL, of="house.grant"),
    "grants/<int:pk>/forecast/": Page(f"{CONTROL} {READ_ALL}", acts=CONTROL, of="house.grant"),
    "grants/<int:pk>/delegations/": Page(f"{CONTROL} {READ_ALL}", acts="di", of="house.grant"),
    "grants/<int:pk>/delegations/<int:authority_pk>/end/": Page("di", acts="di", of="house.grant delegation"),
    # Enquiries and taskings
    "enquiries/": Page(f"{DI_ROLE} {READ_ALL}"),
    "enquiries/open/": Page(DI_ROLE, acts=DI_ROLE),
    "enquiries/<int:pk>/": Page(f"{CONTROL} {READ_ALL}", of="enquiry"),
    "enquiries/<int:pk>/close/": Page(CONTROL, acts=CONTROL, of="enquiry"),
    "enquiries/subjects/<int:pk>/": Page(f"{CONTROL} auditor", of="subject"),
    "enquiries/<int:pk>/subjects/<int:subject_pk>/entry/": Page(CONTROL, acts=CONTROL, of="enquiry subject"),
    "enquiries/<int:pk>/subjects/<int:subject_pk>/outcome/": Page(
        CONTROL, acts=CONTROL, of="enquiry subject"
    ),
    "taskings/": Page(WITH_CLAIMS),
    "taskings/cost/": Page(f"{DI_ROLE} {READ_ALL}", query=A_DUTY),
    "taskings/cost/buys/": Page(f"{DI_ROLE} {READ_ALL}", query="grant={grant}&pounds=5000&on=2021-03-08"),
    "how-pay-is-reckoned/": Page(SIGNED_IN),
    "taskings/task/": Page(DI_ROLE, acts=DI_ROLE),
    "taskings/task/check/": Page(led_on=DI_ROLE, acts=DI_ROLE),
    "taskings/task/issue/": Page(led_on=DI_ROLE, acts=DI_ROLE),
    "taskings/<int:pk>/": Page(f"{CONTROL} {READ_ALL} {SUPERVISORS} clerk", of="repeated"),
    "taskings/<int:pk>/again/": Page(CONTROL, acts=CONTROL, of="repeated"),
    "taskings/<int:pk>/shorten/": Page(CONTROL, acts=CONTROL, of="repeated"),
    "taskings/<int:pk>/cancel/": Page(CONTROL, acts=CONTROL, of="repeated"),
    "taskings/officers/<int:assignment_pk>/stand-down/": Page(CONTROL, acts=CONTROL, of="to_come"),
    "taskings/officers/<int:assignment_pk>/decline/": Page("officer", acts="officer", of="to_come"),
    "time-owed/": Page(WITH_CLAIMS),
    "time-owed/<int:pk>/grant/": Page("supervisor", acts="supervisor", of="owed"),
    "time-owed/<int:pk>/not-due/": Page("supervisor", acts="supervisor", of="owed"),
    # Claims
    "claims/": Page(WITH_CLAIMS),
    "claims/approve-clean/": Page(DI_ROLE, acts=DI_ROLE),
    "claims/together/<int:pk>/": Page("di", acts="di", of="drawn"),
    "claims/return/": Page(f"{DI_ROLE} {SUPERVISORS}", acts=f"{DI_ROLE} {SUPERVISORS}"),
    "claims/<int:pk>/": Page(f"{CONTROL} {READ_ALL} officer supervisor", of="returned"),
    "claims/<int:pk>/evidence/add/": Page(
        "officer supervisor finance", acts="officer supervisor finance", of="returned"
    ),
    "claims/<int:pk>/evidence/<int:evidence_pk>/": Page(
        f"{CONTROL} {READ_ALL} officer supervisor", of="returned file"
    ),
    "claims/<int:pk>/hold-back/": Page(READ_ALL, acts=READ_ALL, of="returned"),
    "claims/<int:pk>/let-go-on/": Page(READ_ALL, acts=READ_ALL, of="held_back"),
    "claims/interests/": Page(f"{DECLARES} auditor", acts=DECLARES),
    "claims/interests/<int:interest_pk>/end/": Page("supervisor", acts="supervisor", of="interest"),
    "claims/<int:pk>/answer/": Page("officer", acts="officer", of="returned"),
    "claims/<int:pk>/withdraw/": Page("officer", acts="officer", of="returned"),
    "claims/<int:pk>/certify/": Page(led_on="btp_supervisor", acts="btp_supervisor", of="btp_to_certify"),
    "claims/<int:pk>/return/": Page(
        f"{CONTROL} btp_supervisor", acts=f"{CONTROL} btp_supervisor", of="btp_to_certify"
    ),
    "claims/<int:pk>/approve/": Page(led_on=CONTROL, acts=CONTROL, of="flagged"),
    "claims/<int:pk>/approve-part/": Page(CONTROL, acts=CONTROL, of="flagged"),
    "claims/<int:pk>/dispute/": Page("officer", acts="officer", of="in_part"),
    "claims/<int:pk>/answer-dispute/": Page(CONTROL, acts=CONTROL, of="disputed"),
    "claims/<int:pk>/reject/": Page(CONTROL, acts=CONTROL, of="flagged"),
    "claims/<int:pk>/reverse/": Page(CONTROL, acts=CONTROL, of="btp_approved"),
    "claims/<int:pk>/more-time/": Page(led_on=CONTROL, acts=CONTROL, of="waiting"),
    "duties/<int:assignment_pk>/worked-as-planned/": Page(
        "btp_officer clerk", acts="btp_officer clerk", of="btp_to_claim"
    ),
    "duties/<int:assignment_pk>/other-times/": Page("officer", acts="officer", of="to_claim"),
    # What was not claimed in time
    "claims/late/": Page(READ_ALL),
    "claims/late/<int:pk>/": Page(READ_ALL, acts="finance", of="late"),
    "taskings/released/": Page(f"{DI_ROLE} {READ_ALL}"),
    "duties/<int:assignment_pk>/late/": Page("officer", acts="officer", of="missed"),
    # Payments
    "payments/": Page(f"{DI_ROLE} {READ_ALL}"),
    "payments/due/": Page(f"{CONTROL} {READ_ALL}", query="grant={grant}&agency={agency}"),
    "payments/draw/": Page("finance", acts="finance", query="grant={grant}&agency={agency}"),
    "payments/of-claim/<int:pk>/": Page(led_on="finance", of="btp_approved"),
    "payments/settled/<int:pk>/": Page(f"{CONTROL} {READ_ALL}", of="settlement"),
    "payments/batches/": Page(f"{DI_ROLE} {READ_ALL}"),
    "payments/batches/<int:pk>/": Page(f"{CONTROL} {READ_ALL}", of="batch"),
    "payments/batches/<int:pk>/send/": Page(acts="finance", only_acts="finance", of="batch"),
    "payments/batches/<int:pk>/confirm/": Page("finance", acts="finance", of="batch"),
    "payments/batches/<int:pk>/withdraw/": Page("finance", acts="finance", of="batch"),
    "payments/lines/<int:pk>/leave-out/": Page("finance", acts="finance", of="batch_line"),
    "payments/differences/": Page(f"{DI_ROLE} {READ_ALL}"),
    "payments/differences/<int:pk>/resolve/": Page("finance", acts="finance", of="difference"),
    "payments/tolerance/": Page("finance", acts="finance"),
    "payments/tolerance/<int:pk>/confirm/": Page(acts="finance", only_acts="finance", of="tolerance"),
    "payments/statements/": Page(f"{DI_ROLE} {READ_ALL} {CLERKS}"),
    "payments/statements/<int:pk>/": Page(f"{CONTROL} {READ_ALL} clerk", of="statement"),
    "payments/statements/<int:pk>/invoice/": Page("finance", acts="finance", of="statement"),
    "payments/invoices/": Page(f"{DI_ROLE} {READ_ALL} {CLERKS}"),
    "payments/invoices/<int:pk>/": Page(f"{CONTROL} {READ_ALL} clerk", of="invoice"),
    "payments/invoices/<int:pk>/credit/": Page("finance", acts="finance", of="invoice"),
    "payments/invoices/<int:pk>/pay/": Page(acts="finance", only_acts="finance", of="invoice"),
    "payments/ageing/": Page(f"{DI_ROLE} {READ_ALL} {CLERKS}"),
    # Claims to the funder
    "funder/": Page(f"{DI_ROLE} {READ_ALL} {SIGNS}"),
    "funder/grants/<int:pk>/": Page(TO_THE_FUNDER, of="house.grant"),
    "funder/grants/<int:pk>/draw/": Page("finance", acts="finance", of="house.grant"),
    "funder/grants/<int:pk>/repay/": Page("finance", acts="finance", of="house.grant"),
    "funder/grants/<int:pk>/outturn/": Page(TO_THE_FUNDER, of="house.grant"),
    "funder/grants/<int:pk>/usage/": Page(TO_THE_FUNDER, of="house.grant"),
    "funder/claims/<int:pk>/": Page(TO_THE_FUNDER, of="funder_sent"),
    "funder/claims/<int:pk>/lines/": Page(TO_THE_FUNDER, of="funder_drawn"),
    "funder/claims/<int:pk>/certify-as-project-manager/": Page(
        "project_manager", acts="project_manager", of="funder_drawn"
    ),
    "funder/claims/<int:pk>/certify-as-cfo/": Page("cfo", acts="cfo", of="funder_drawn"),
    "funder/claims/<int:pk>/withdraw/": Page("finance", acts="finance", of="funder_drawn"),
    "funder/claims/<int:pk>/send/": Page("finance", acts="finance", of="funder_certified"),
    "funder/claims/<int:pk>/receive/": Page("finance", acts="finance", of="funder_sent"),
    "funder/transfers/<int:pk>/strike-out/": Page("finance", acts="finance", of="funder_transfer"),
    "audit/": Page(READ_ALL),
    "audit/controls/": Page(f"{DI_ROLE} {READ_ALL}"),
    "audit/exceptions/": Page(f"{DI_ROLE} {READ_ALL}"),
    # Periods and reconciliation
    "books/": Page(READ_ALL),
    "books/<int:grant_pk>/": Page(READ_ALL, of="house.grant"),
    "books/periods/<int:pk>/": Page(READ_ALL, of="period"),
    "books/periods/<int:pk>/soft-close/": Page("finance", acts="finance", of="period"),
    "books/periods/<int:pk>/open-again/": Page("finance", acts="finance", of="period"),
    "books/periods/<int:pk>/close/": Page("finance", acts="finance", of="period"),
    "books/periods/<int:pk>/snapshot/": Page(READ_ALL, of="closed_period"),
    "books/periods/<int:pk>/reconciliation/": Page(READ_ALL, of="period"),
    "books/periods/<int:pk>/reconciliation/prepare/": Page(acts="finance", only_acts="finance", of="period"),
    "books/periods/<int:pk>/reconciliation/explain/": Page(
        "finance", acts="finance", of="period", query="item={item}"
    ),
    "books/periods/<int:pk>/reconciliation/timing/": Page(acts="finance", only_acts="finance", of="period"),
    "books/reconciliations/<int:pk>/sign/": Page(acts="finance", only_acts="finance", of="reconciliation"),
    "books/reconciliations/<int:pk>/send-back/": Page("finance", acts="finance", of="reconciliation"),
    "books/explanations/<int:pk>/withdraw/": Page(acts="finance", only_acts="finance", of="adjustment"),
    "books/<int:grant_pk>/lines/": Page(READ_ALL, of="house.grant"),
    "books/<int:grant_pk>/lines/upload/": Page("finance", acts="finance", of="house.grant"),
    "books/<int:grant_pk>/lines/upload/columns/": Page("finance", acts="finance", of="house.grant"),
    "books/<int:grant_pk>/matches/": Page(READ_ALL, of="house.grant"),
    "books/<int:grant_pk>/matches/again/": Page(acts="finance", only_acts="finance", of="house.grant"),
    "books/<int:grant_pk>/matches/by-hand/": Page("finance", acts="finance", of="house.grant"),
    "books/matches/<int:pk>/undo/": Page("finance", acts="finance", of="match"),
    # Accruals
    "books/accruals/": Page(READ_ALL),
    "books/accruals/draw/": Page("finance", acts="finance", query="grant={grant}&as_at=2021-02-20"),
    "books/accruals/<int:pk>/": Page(READ_ALL, of="accrual"),
    "books/accruals/<int:pk>/duties/": Page(READ_ALL, of="accrual"),
    "books/accruals/<int:pk>/confirm/": Page(acts="finance", only_acts="finance", of="accrual"),
    "books/accruals/<int:pk>/withdraw/": Page("finance", acts="finance", of="accrual"),
    # Closing a grant
    "books/closing/": Page(READ_ALL),
    "books/closing/<int:pk>/": Page(READ_ALL, of="house.grant"),
    "books/closing/<int:pk>/items/<str:kind>/owner/": Page(
        "finance", acts="finance", of="house.grant equality"
    ),
    "books/closing/<int:pk>/items/<str:kind>/sign/": Page(
        "finance", acts="finance", of="house.grant equality"
    ),
    "books/closing/<int:pk>/retention/": Page("finance", acts="finance", of="house.grant"),
    "books/closing/<int:pk>/propose/": Page("finance", acts="finance", of="house.grant"),
    "books/closing/proposals/<int:pk>/confirm/": Page("finance", acts="finance", of="closing"),
    "books/closing/proposals/<int:pk>/withdraw/": Page("finance", acts="finance", of="closing"),
    # Public extracts and FOI answers
    "disclosure/extracts/": Page(READ_ALL),
    "disclosure/extracts/publication/": Page("finance", acts="finance"),
    "disclosure/extracts/request/": Page("finance", acts="finance"),
    "disclosure/extracts/<int:pk>/": Page(READ_ALL, of="extract"),
    "disclosure/extracts/<int:pk>/as-released/": Page(READ_ALL, of="released"),
    "disclosure/extracts/<int:pk>/lines/<int:line_pk>/": Page(
        "finance", acts="finance", of="extract extract_line"
    ),
    "disclosure/extracts/<int:pk>/release/": Page("finance", acts="finance", of="extract"),
    "disclosure/extracts/<int:pk>/withdraw/": Page("finance", acts="finance", of="extract"),
    # What leaves the house as a whole
    "disclosure/grants/<int:pk>/packs/": Page(READ_ALL, acts=READ_ALL, of="house.grant"),
    "disclosure/grants/<int:pk>/commitments/": Page(f"{CONTROL} {READ_ALL}", of="house.grant"),
    "disclosure/packs/<int:pk>/": Page(READ_ALL, of="pack"),
    "disclosure/packs/<int:pk>/file/": Page(READ_ALL, of="pack"),
    # For programs
    "api/openapi.json": Page(EVERYBODY),
    "api/grants/<str:reference>/position": Page(of="house.grant", by_token=True),
    "api/grants/<str:reference>/burn-down": Page(of="house.grant", by_token=True),
    # One's own account
    "account/login/": Page("anonymous", led_on=SIGNED_IN, acts=EVERYBODY),
    "account/logout/": Page(SIGNED_IN, acts=EVERYBODY),
    "account/password/change/": Page(SIGNED_IN, acts=SIGNED_IN),
    "account/inactive/": Page(EVERYBODY),
    "account/draft/": Page(SIGNED_IN, acts=SIGNED_IN),
    # The administration's own
    "admin/": Page(STAFF),
    "admin/login/": Page(led_on=STAFF),
    "admin/logout/": Page(acts=STAFF, only_acts=STAFF),
    "admin/password_change/": Page(led_on=STAFF),
    "admin/password_change/done/": Page(STAFF),
    "admin/autocomplete/": Page(),
    "admin/jsi18n/": Page(STAFF),
    "admin/r/<path:content_type_id>/<path:object_id>/": Page(of="house.grant house.grant"),
    "admin/accounts/user/<id>/password/": Page("administrator", acts="administrator", of="house.supervisor"),
    r"admin/(?P<url>.*)$": Page(of="nowhere/"),
}


@dataclass(frozen=True)
class Rows:
    """Rows of a model in the administration: who sees the list, and one of them; who adds and changes them.

    Nobody deletes anything. `verbs` on one row and, with the names in `together`, on several.
    """

    of: str
    lists: str
    reads: str
    adds: str = ""
    changes: str = ""
    verbs: str = ""
    together: str = ""
    acts: str = ""
    acts_together: str = ""


ROWS = {
    "accounts/user": Rows(
        "house.supervisor", "auditor administrator", "auditor administrator", "administrator", "administrator"
    ),
    "accounts/agency": Rows(
        "house.other",
        "finance auditor administrator",
        "finance auditor administrator",
        "administrator",
        "administrator",
    ),
    "accounts/rankheld": Rows("rank", f"{READ_ALL} administrator", f"{READ_ALL} administrator"),
    "accounts/paytable": Rows(
        "pay_table", READ_ALL, READ_ALL, "finance", "", "confirm", "confirm", "finance", "finance"
    ),
    "accounts/apiclient": Rows(
        "api_client",
        "auditor administrator",
        "auditor administrator",
        "administrator",
        verbs="revoke",
        acts="administrator",
    ),
    "auth/group": Rows("role", "auditor administrator", "auditor administrator"),
    "audit/accesslog": Rows("access", READ_ALL, READ_ALL),
    "audit/change": Rows("recorded", "auditor", "auditor"),
    "audit/controlspoke": Rows("refusal", READ_ALL, READ_ALL),
    "admin/logentry": Rows("change", "auditor", "auditor"),
    "post/message": Rows("message", "auditor administrator", "auditor administrator"),
    "grants/grant": Rows(
        "house.grant",
        f"{DI_ROLE} {READ_ALL}",
        f"{CONTROL} {READ_ALL}",
        verbs="open appoint terms put_forward approve_change agree withdraw_change",
        acts="finance",
    ),
    "grants/termschange": Rows("terms_change", READ_ALL, READ_ALL),
    "grants/profile": Rows("profile", READ_ALL, READ_ALL),
    "grants/variancecomment": Rows("said", READ_ALL, READ_ALL),
    "grants/underspendnotice": Rows("underspend", READ_ALL, READ_ALL),
    "grants/gate": Rows(
        "gate",
        READ_ALL,
        READ_ALL,
        verbs="record confirm",
        together="confirm",
        acts="finance",
        acts_together="finance",
    ),
    "grants/agencyagreement": Rows(
        "agreement", READ_ALL, READ_ALL, "finance", "finance", "confirm", "confirm", "finance", "finance"
    ),
    "grants/agencyrate": Rows(
        "rate", READ_ALL, READ_ALL, "finance", "finance", "confirm", "confirm", "finance", "finance"
    ),
    "grants/oncostrate": Rows(
        "on_cost", READ_ALL, READ_ALL, "finance", "finance", "confirm", "confirm", "finance", "finance"
    ),
    "grants/authority": Rows("delegation", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "grants/budgetline": Rows("enquiry.line", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "grants/ledgerentry": Rows("entry", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "tasking/subject": Rows("subject", f"{DI_ROLE} auditor", f"{CONTROL} auditor"),
    "tasking/entryassessment": Rows("entry_assessment", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "tasking/outcome": Rows("outcome", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "tasking/enquiry": Rows("enquiry", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "tasking/tasking": Rows("repeated", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "tasking/assignment": Rows("to_come", "auditor", "auditor"),
    "tasking/taskingevent": Rows("event", "auditor", "auditor"),
    "tasking/rosteredtour": Rows("tour", "auditor", "auditor"),
    "tasking/restday": Rows("rest_day", "auditor", "auditor"),
    "tasking/substitutedholiday": Rows("substituted", "auditor", "auditor"),
    "tasking/timeowed": Rows("owed", "auditor", "auditor"),
    "tasking/ruleset": Rows(
        "rule_set", READ_ALL, READ_ALL, "finance", "finance", "confirm", "confirm", "finance", "finance"
    ),
    "claims/claim": Rows(
        "flagged",
        f"{DI_ROLE} {READ_ALL}",
        f"{CONTROL} {READ_ALL}",
        verbs="approve approve_part return reject reverse more_time answer_dispute",
        together="approve return reject",
        acts=CONTROL,
        acts_together=DI_ROLE,
    ),
    "claims/bulkapproval": Rows("drawn", f"{DI_ROLE} auditor", "di auditor", verbs="approve", acts="di"),
    "claims/settlement": Rows("settlement", READ_ALL, READ_ALL),
    "payments/batch": Rows("batch", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "payments/batchline": Rows("batch_line", READ_ALL, READ_ALL),
    "payments/tolerance": Rows("tolerance", READ_ALL, READ_ALL),
    "payments/invoice": Rows("invoice", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "payments/creditnote": Rows("credit_note", READ_ALL, READ_ALL),
    "funder/funderclaim": Rows("funder_drawn", f"{DI_ROLE} {READ_ALL}", f"{CONTROL} {READ_ALL}"),
    "funder/funderclaimline": Rows("funder_line", READ_ALL, READ_ALL),
    "funder/transfer": Rows("funder_transfer", READ_ALL, READ_ALL),
    "claims/evidence": Rows("file", READ_ALL, READ_ALL),
    "claims/freeze": Rows("freeze", READ_ALL, READ_ALL),
    "claims/interest": Rows("interest", READ_ALL, READ_ALL),
    "grants/period": Rows("period", READ_ALL, READ_ALL),
    "grants/periodstep": Rows("period_step", READ_ALL, READ_ALL),
    "books/periodsnapshot": Rows("snapshot", READ_ALL, READ_ALL),
    "books/reconciliation": Rows("reconciliation", READ_ALL, READ_ALL),
    "books/forceupload": Rows("force_file", READ_ALL, READ_ALL),
    "books/forceline": Rows("force_line", READ_ALL, READ_ALL),
    "books/match": Rows("match", READ_ALL, READ_ALL),
    "books/adjustment": Rows("adjustment", READ_ALL, READ_ALL),
    "books/accrualrun": Rows("accrual", READ_ALL, READ_ALL),
    "books/accrualline": Rows("accrual_line", READ_ALL, READ_ALL),
    "books/closing": Rows("closing", READ_ALL, READ_ALL),
    "books/closingitem": Rows("closing_item", READ_ALL, READ_ALL),
    "books/retention": Rows("retention", READ_ALL, READ_ALL),
    "disclosure/extract": Rows("extract", READ_ALL, READ_ALL),
    "disclosure/extractline": Rows("extract_line", READ_ALL, READ_ALL),
    "disclosure/disclosure": Rows("pack", READ_ALL, READ_ALL),
}


def pages() -> dict[str, Page]:
    """Every address with who finds it."""
    found = dict(PAGES)
    for model, rows in ROWS.items():
        base = f"admin/{model}/"
        one = f"{base}<path:object_id>/"
        found |= {
            base: Page(rows.lists),
            f"{base}add/": Page(rows.adds, acts=rows.adds),
            one: Page(led_on=STAFF, of=rows.of),
            f"{one}history/": Page(rows.reads, of=rows.of),
            f"{one}change/": Page(rows.reads, acts=rows.changes, of=rows.of),
            f"{one}delete/": Page(acts="", of=rows.of),
        }
        for verb in rows.verbs.split():
            found[f"{base}<int:pk>/{verb}/"] = Page(rows.acts, acts=rows.acts, of=rows.of)
        for verb in rows.together.split():
            found[f"{base}together/{verb}/"] = Page(rows.acts_together, acts=rows.acts_together)
    return found


TABLE = pages()


def addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from addresses(pattern, route)


def test_the_tables_name_every_address_and_no_other() -> None:
    served = {route for route in addresses(get_resolver()) if not route.startswith("admin/^(?P<app_label>")}
    assert served == set(TABLE)


# The scene, with one of everything


@pytest.fixture(scope="module")
def one_database(own_databases: OwnDatabases) -> Iterator[None]:
    """One copy of the scene for all: nothing here may change it."""
    with own_databases():
        yield


@pytest.fixture
def db(one_database: None) -> None:
    """In the place of pytest-django's: a copy of the scene."""


def guards(stage: Scene) -> dict[str, Any]:
    """A file on the returned claim, another claim held back, and an interest of a supervisor."""
    officer = make.officer(stage.house.lead)
    duty = make.assignment(stage.house, stage.second, officer, day=date(2021, 2, 5))
    held_back = make.claim(stage.house, duty, state="certified")
    file = SimpleUploadedFile("log.pdf", b"%PDF-1.4\n%%EOF\n")
    return {
        "held_back": held_back,
        "freeze": safeguards.freeze(held_back, by=stage.house.finance, reason="Two logs differ"),
        "file": safeguards.add_evidence(
            stage.returned, by=stage.returned.claimant, kind="other", reference="Book 2", file=file
        ),
        "interest": safeguards.declare_interest(
            by=stage.house.supervisor, officer=officer, what="We share a house"
        ),
    }


def parts(stage: Scene) -> dict[str, Claim]:
    """Two claims of `officer` of which an earlier deputy approved a part; one of them is disputed."""
    made = list(Claim.objects.filter(claimed_pence__isnull=False).order_by("pk"))
    officer, deputy = stage.constables[0], User.objects.get(username="expired_deputy")
    for day in (2, 3) if not made else ():
        duty = make.assignment(stage.house, stage.enquiry, officer, day=date(2021, 2, day), hours=(5, 8))
        claim = make.claim(stage.house, duty, state="certified")
        with clock.travel(at(date(2021, 2, 5))):
            made.append(
                claims.approve_part(
                    claim, by=deputy, revision=claim.revision, minutes=60, reason="Relieved at 6"
                )
            )
    in_part, disputed = made
    if claims.dispute_of(disputed) is None:
        claims.dispute(disputed, by=officer, reason="The relief came at 8")
    return {"in_part": in_part, "disputed": disputed}


def papers_of_btp(stage: Scene) -> dict[str, Any]:
    """A statement that was sent, and another one's invoice with a credit note."""
    if not Invoice.objects.exists():
        return vars(papers(stage))
    return {
        "statement": Batch.objects.filter(kind="statement", invoices=None).latest("pk"),
        "invoice": Invoice.objects.latest("pk"),
        "credit_note": CreditNote.objects.latest("pk"),
    }


def payroll_of_mps(stage: Scene) -> dict[str, Any]:
    """A batch that was sent and one of its lines, a difference to resolve and a tolerance to confirm."""
    batches = Batch.objects.filter(kind="payroll", status="sent")
    if not batches:
        return vars(payroll(stage))
    batch = batches.latest("pk")
    return {
        "batch": batch,
        "batch_line": batch.lines.earliest("pk"),
        "difference": BatchLine.objects.open_differences().latest("pk"),
        "tolerance": Tolerance.objects.latest("pk"),
    }


def planned(stage: Scene) -> dict[str, Any]:
    """A profile that waits to be confirmed, a comment on a variance, and an underspend to be answered."""
    grant, points = stage.house.grant, [["2021-03-31", 100]]
    common = {"recorded_by": stage.house.finance, "recorded_at": at(FEB_1)}
    return {
        "profile": Profile.objects.get_or_create(
            grant=grant, confirmed_by=None, defaults={"points": points, "reason": "Half", **common}
        )[0],
        "said": VarianceComment.objects.filter(grant=grant).first()
        or planning.comment(
            grant, by=stage.house.di, kind="timing", comment="Billed late", agency=stage.house.lead
        ),
        "underspend": planning.watch(grant) or UnderspendNotice.objects.get(grant=grant, ended_on=None),
    }


def recorded_of(stage: Scene) -> dict[str, Any]:
    """An entry assessment and an outcome of the subject of an enquiry."""
    enquiry, subject, di = stage.enquiry, stage.enquiry.subjects.earliest("pk"), stage.house.di
    entry, outcome = selectors.entry_of(enquiry, subject), selectors.outcome_of(enquiry, subject)
    if entry is None:
        assessed = tasking.Assessed(62, "MoRiLE", 100, FEB_1, "Analyst 12")
        entry = tasking.record_entry(enquiry, subject, assessed, by=di)
    if outcome is None:
        outcome = tasking.record_outcome(enquiry, subject, tasking.Came("open", FEB_1, "none"), by=di)
    return {"entry_assessment": entry, "outcome": outcome}


def put_on_the_late_list(stage: Scene, officer: User) -> LateClaim:
    """A duty of 12 February that was released this morning, and that its officer wants to claim."""
    duty = make.assignment(stage.house, stage.enquiry, officer, day=date(2021, 2, 12), hours=(5, 8))
    tasking.release(duty, by=the_ledger(), reason="Not claimed within 5 days of the duty")
    return LateClaim.objects.create(
        assignment=duty, reason="In hospital", asked_by=officer, asked_at=clock.now()
    )


def accrued(stage: Scene) -> dict[str, Any]:
    """An accrual of a day that has none yet, to be confirmed, and one of its lines."""
    as_at = date(2021, 3, 7) - timedelta(days=AccrualRun.objects.count())
    run = accruals.draw(stage.house.grant, as_at, by=stage.house.second_finance)
    return {"accrual": run, "accrual_line": run.lines.earliest("pk")}


def extracts_of(stage: Scene) -> dict[str, Any]:
    """Two answers to requests: one to be decided, and one that is released."""
    made = []
    for _ in range(2):
        said = {"reference": f"FOI {Extract.objects.count()}", "scope": "Overtime by force"}
        days = {"received_on": FEB_1, "from_on": FEB_1, "to_on": date(2021, 3, 7)}
        made.append(extracts.draw_foi(stage.house.grant, by=stage.house.second_finance, **said, **days))
    for line in made[1].lines.all():
        extracts.decide(
            line, decision="withhold", exemption="s40", why="Few people", by=stage.house.second_finance
        )
    released = extracts.release(made[1], by=stage.house.finance)
    return {"extract": made[0], "extract_line": made[0].lines.earliest("position"), "released": released}


def closing_of(stage: Scene) -> dict[str, Any]:
    """A closing that is proposed, an item of its checklist, and retention."""
    grant, by = stage.house.grant, stage.house.second_finance
    at_first = {"last_entry": 1, "settled_pence": 0, "unspent_pence": 0}
    said = at_first | {"checklist": [], "proposed_at": at(FEB_1)}
    kept = {"keep_until": date(2027, 3, 31), "reason": "Six years", "set_at": at(FEB_1)}
    return {
        "closing": Closing.objects.get_or_create(grant=grant, proposed_by=by, defaults=said)[0],
        "closing_item": ClosingItem.objects.get_or_create(grant=grant, kind="equality")[0],
        "retention": Retention.objects.get_or_create(grant=grant, set_by=by, defaults=kept)[0],
    }


def pack_of(stage: Scene) -> Disclosure:
    """An audit pack that finance asked for and that is ready."""
    path = storages["disclosures"].save("pack.zip", ContentFile(b"PK"))
    return Disclosure.objects.create(
        kind="audit_pack",
        grant=stage.house.grant,
        requested_by=stage.house.finance,
        requested_at=clock.now(),
        recipient="Internal audit",
        reason="Audit of the grant",
        marking=stage.house.grant.marking,
        status="ready",
        progress=100,
        name="audit-pack.zip",
        path=path,
        size=2,
        sha256=sha256(b"PK").hexdigest(),
        finished_at=clock.now(),
    )


class Addresses:
    """The addresses of the tables, made for rows of the scene, with something to send to each."""

    def __init__(self, stage: Scene) -> None:
        house = stage.house
        agreement = house.grant.agreements.earliest("pk")
        if not LateClaim.objects.exists():
            for officer in (stage.constables[0], stage.btp[0]):
                put_on_the_late_list(stage, officer)
        late = LateClaim.objects.earliest("pk")
        self.stage = stage
        self.sent = cache(lambda page: urlencode(self._said(page), doseq=True))
        self.more = {
            "rank": stage.constables[0].ranks.get(),
            "role": house.supervisor.groups.get(),
            "api_client": ApiClient.objects.get_or_create(
                name="Dashboard",
                token_sha256="0" * 64,
                token_ends="0000",
                every_grant=True,
                made_by=house.administrator,
                defaults={"made_at": at(FEB_1)},
            )[0],
            "access": AccessLog.objects.create(by=house.di, action="viewed", what="Codenames"),
            "refusal": ControlSpoke.objects.create(
                code="A03", at=clock.now(), by=house.di, where="/claims/1/"
            ),
            **planned(stage),
            "gate": house.grant.gates.earliest("pk"),
            "agreement": agreement,
            "rate": agreement.rates.earliest("pk"),
            "entry": house.grant.entries.earliest("pk"),
            "subject": stage.enquiry.subjects.earliest("pk"),
            **recorded_of(stage),
            "event": stage.repeated.events.get(),
            "tour": RosteredTour.objects.get_or_create(
                officer=stage.constables[0], starts_at=at(FEB_1, 7), ends_at=at(FEB_1, 15)
            )[0],
            "rest_day": RestDay.objects.get_or_create(officer=stage.constables[0], day=FEB_1)[0],
            "substituted": SubstitutedHoliday.objects.get_or_create(
                officer=stage.constables[0],
                day=FEB_1,
                in_place_of=date(2021, 1, 1),
                evidence="Order 12",
                recorded_by=house.supervisor,
            )[0],
            "owed": TimeOwed.objects.get_or_create(
                assignment=stage.to_come, kind="rest_day", minutes=0, because="Told early"
            )[0],
            "pay_table": PayTable.objects.earliest("pk"),
            "on_cost": OnCostRate.objects.get_or_create(
                kind="levy", percent="0.5", valid_from=FEB_1, source="Rates", recorded_by=house.finance
            )[0],
            "late": late,
            "missed": late.assignment,
            "terms_change": TermsChange.objects.get_or_create(
                grant=house.grant,
                kind="funder",
                before={"purpose": house.grant.purpose},
                after={"purpose": "Overtime and analysis"},
                reason="Agreed at the board",
                effective_from=FEB_1,
                proposed_by=house.finance,
                defaults={"proposed_at": at(FEB_1)},
            )[0],
            "rule_set": house.lead.rule_sets.earliest("pk"),
            **guards(stage),
            **parts(stage),
            **claimed(house.grant),
            **papers_of_btp(stage),
            **payroll_of_mps(stage),
            **accrued(stage),
            **closing_of(stage),
            **books_of(stage),
            **extracts_of(stage),
            "pack": pack_of(stage),
            "recorded": Change.objects.earliest("pk"),
            "message": message_to(house.di),
            "change": LogEntry.objects.create(
                user=house.administrator,
                content_type=ContentType.objects.get_for_model(Agency),
                object_id="1",
                action_flag=CHANGE,
            ),
        }

    def of(self, route: str, page: Page) -> str:
        for value in page.of.split():
            route = re.sub(r"<[^>]+>|\(\?P.+\$", self._key(value), route, count=1)
        stage = self.stage
        query = page.query.format(
            grant=stage.house.grant.pk,
            agency=stage.house.lead.pk,
            item=self.more["item"],
            officers=[officer.pk for officer in stage.constables],
        )
        return f"/{route}?{query}" if query else f"/{route}"

    def _key(self, name: str) -> str:
        if name in ("csv", "nowhere/", "equality"):
            return name
        return str(self._row(name).pk)

    def _row(self, name: str) -> Any:
        return self.more.get(name) or reduce(getattr, name.split("."), self.stage)

    def _said(self, page: Page) -> dict[str, Any]:
        """What somebody would send who knew everything: only who they are stands against it."""
        named = page.of.split()
        row = self._row(named[0]) if named and named[0] not in ("csv", "nowhere/", "equality") else None
        revision, stage = getattr(row, "revision", 1), self.stage
        clean = [f"{claim.pk}:{claim.revision}" for claim in stage.clean]
        return {
            "revision": revision,
            "seen": [str(revision), *clean],
            "expected_pence": getattr(row, "committed_pence", 10_512),
            "reason": "Because it is so",
            "reason_code": "times",
            "return-reason": "Because it is so",
            "return-reason_code": "times",
            "approve-reason": "Because it is so",
            "reject-reason": "Because it is so",
            "reverse-reason": "Because it is so",
            "decision": "grant",
            "granted_for": "2021-03-30",
            "confirmed": "yes",
            "source": stage.enquiry.line_id,
            "target": stage.second.line_id,
            "pence": "1.00",
            "outturn_pence": "1.00",
            "token": "6f1c2f6e-2f7e-4bb0-9d2e-0c3c2c1d1a11",
            "starts": "16:00",
            "ends": "19:00",
            "break_minutes": "0",
            "duty_type": "planned",
            "claims": [claim.pk for claim in stage.approved],
            "reference": "2021-03/OT9",
            "enquiry": stage.enquiry.pk,
            "day_0": "17",
            "day_1": "3",
            "day_2": "2021",
            "officers": [stage.constables[1].pk],
            "officer": stage.constables[1].pk,
            "what": "We share a house",
            "grant": stage.house.grant.pk,
            "new_subjects": "1",
            "objective": "Fuller enquiries",
            "kind": "surveillance",
            "groups": [group.pk for group in stage.house.di.groups.all()],
            "password1": "eleven dry umbrellas",
            "password2": "eleven dry umbrellas",
            "name": "Another name",
            "code": "XYZ",
        }


@pytest.fixture(scope="module")
def known(one_database: None, made_once: tuple[str, bytes]) -> Addresses:
    stage: Scene = pickle.loads(made_once[1])
    another_grant(stage.house, "PCD 912", controlled_by="other_di")
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # thousands of "Not Found" otherwise
    return Addresses(stage)


@pytest.fixture(autouse=True)
def sessions_in_memory(settings: Settings) -> None:
    """They are read and written at each request: a third of what these tests ask of the database."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"


@pytest.fixture(autouse=True)
def pages_left_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may open a page is decided before it is written, and writing it is most of the work."""
    monkeypatch.setattr(Template, "render", lambda *_: SafeString(""))


@pytest.fixture(autouse=True)
def known_by_their_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's roles change here: a person is read once a test, not at each request."""
    people: dict[str | None, Any] = {}
    read = auth.get_user

    def known_person(request: HttpRequest) -> Any:
        session = request.session.session_key
        if session not in people:
            people[session] = read(request)
        return people[session]

    monkeypatch.setattr(auth, "get_user", known_person)


def client_of(name: str) -> Client:
    client = Client()
    if name != "anonymous":
        client.force_login(User.objects.get(username=name))
    return client


# What looking may write: when the session ends, the looking itself, a refusal that was shown, that a draft
# of one's own was sent.
OF_LOOKING = re.compile(
    r'^INSERT INTO "audit_(accesslog|controlspoke)"|^(INSERT INTO|UPDATE|DELETE FROM) "django_session"'
    r'|^DELETE FROM "accounts_draft" WHERE \("accounts_draft"."person_id" = '
)
FORM = "application/x-www-form-urlencoded"
DOOR = re.compile("/account/login/|/admin/login/")
WRITES = re.compile(r"^(INSERT|UPDATE|DELETE|TRUNCATE)")


@contextmanager
def written() -> Iterator[list[str]]:
    """The statements that change anything, except what looking may write."""
    found: list[str] = []

    def listen(execute: Any, sql: str, *rest: Any) -> Any:
        if WRITES.match(sql) and not OF_LOOKING.match(sql):
            found.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(listen):
        yield found


def expectation(name: str, page: Page) -> int | str:
    """What a GET answers this person."""
    if page.by_token:
        return 401
    for status, names in ((200, page.opens), (302, page.led_on), (405, page.only_acts)):
        if name in names.split():
            return status
    return "the door" if name == "anonymous" else 404


@pytest.mark.parametrize("name", EVERYBODY.split())
def test_who_opens_what_and_looking_changes_nothing(db: None, known: Addresses, name: str) -> None:
    client, wrong = client_of(name), []
    for route, page in TABLE.items():
        address = known.of(route, page)
        with written() as statements:
            answer = client.get(address)
        wrong += [f"{address}: {statement[:200]}" for statement in statements]
        led_to_the_door = DOOR.match(answer.headers.get("Location", ""))
        found = "the door" if led_to_the_door and name == "anonymous" else answer.status_code
        if found != (expected := expectation(name, page)):
            wrong.append(f"{address}: {found}, not {expected}")
    assert wrong == []


@pytest.mark.parametrize("name", EVERYBODY.split())
def test_whoever_may_not_act_is_refused_and_nothing_changes(db: None, known: Addresses, name: str) -> None:
    client, wrong = client_of(name), []
    for route, page in TABLE.items():
        if name in (page.acts or "").split():
            continue
        address = known.of(route, page)
        with written() as statements:
            answer = client.post(address, known.sent(page), content_type=FORM)
        wrong += [f"{address}: {statement[:200]}" for statement in statements]
        reads_only = page.acts is None and (page.by_token or name in f"{page.opens} {page.led_on}".split())
        led_to_the_door = DOOR.match(answer.headers.get("Location", ""))
        refused = led_to_the_door if name == "anonymous" else answer.status_code in (403, 404, 405)
        if not (refused or reads_only):
            wrong.append(f"{address}: {answer.status_code} {answer.headers.get('Location', '')}")
    assert wrong == []
