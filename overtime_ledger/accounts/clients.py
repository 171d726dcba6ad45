"""Programs that read with a token: made and revoked by an administrator, known by the token's digest."""

import secrets
from collections.abc import Sequence
from datetime import date
from hashlib import sha256

from django.db import IntegrityError, transaction

from overtime_ledger import clock
from overtime_ledger.accounts.models import ApiClient, User
from overtime_ledger.accounts.services import require
from overtime_ledger.errors import Refusal, broken_rule

PREFIX = "otl_"
"""By which a token is known for one of ours, wherever it turns up."""
ADMINISTRATOR = "an administrator"


def digest_of(token: str) -> str:
    """What is kept of a token. It is drawn at random from 256 bits, so nobody finds it by trying."""
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def make_client(
    *,
    by: User,
    name: str,
    every_grant: bool = False,
    references: Sequence[str] = (),
    expires_on: date | None = None,
) -> tuple[ApiClient, str]:
    """Make a client and draw its token, which is returned here and never again.

    Refuses others than administrators (P01), and (P03) a client without a name of its own, without a grant or
    for every grant and some, or one that expires before it begins.
    """
    require(by, "accounts.add_apiclient", who=ADMINISTRATOR)
    problems = {
        "It has no name.": not name.strip(),
        "It reads every grant, or those that are named.": every_grant == bool(references),
        "It would have expired already.": expires_on is not None and expires_on < clock.today(),
    }
    for problem, is_so in problems.items():
        if is_so:
            raise _not_whole(problem)
    token = PREFIX + secrets.token_urlsafe(32)
    client = ApiClient(
        name=name.strip(),
        token_sha256=digest_of(token),
        token_ends=token[-4:],
        every_grant=every_grant,
        references=list(references),
        expires_on=expires_on,
        made_by=by,
        made_at=clock.now(),
    )
    try:
        with transaction.atomic():
            client.save()
    except IntegrityError as error:
        if "name" not in broken_rule(error):
            raise
        raise _not_whole("Another client has this name.") from error
    return client, token


def _not_whole(reason: str) -> Refusal:
    return Refusal("P03", reason, fix="Correct it and make it again.", who="An administrator")


@transaction.atomic
def revoke_client(client: ApiClient, *, by: User) -> None:
    """Take a client's token out of force for good. Refuses others (P01), and one that is revoked (A03)."""
    require(by, "accounts.change_apiclient", who=ADMINISTRATOR)
    locked = ApiClient.objects.select_for_update(no_key=True, of=("self",)).get(pk=client.pk)
    if locked.revoked_on:
        raise Refusal("A03", f"{locked} is revoked.", fix="Nothing is left to do.", who="Nobody has to")
    locked.revoked_by, locked.revoked_on = by, clock.today()
    locked.save(update_fields=["revoked_by", "revoked_on"])


def client_of(token: str) -> ApiClient | None:
    """The client whose token this is, while it is in force."""
    return ApiClient.objects.in_force(clock.today()).filter(token_sha256=digest_of(token)).first()


def put_use_on_record(client: ApiClient) -> None:
    """Note the day on which a client read last; once a day."""
    if client.last_used_on != clock.today():
        ApiClient.objects.filter(pk=client.pk).update(last_used_on=clock.today())
