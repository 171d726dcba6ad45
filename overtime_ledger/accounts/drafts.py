"""What somebody is typing, kept until the form is sent, thrown away or thirty days old."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from overtime_ledger import clock
from overtime_ledger.accounts.models import Draft, User
from overtime_ledger.forms import refuse_personal_data

Fields = dict[str, list[str]]
"""The values of each field of a form, by the field's name."""


def keep(person: User, path: str, fields: Fields) -> Draft:
    """Keep what a person typed into the form that is sent to `path`, in place of what was kept before.

    What seems to identify a member of the public is left out: no form would take it. Whatever was kept
    long enough goes at this occasion, whoever it belonged to.
    """
    draft = Draft(person=person, path=path, fields=_without_personal_data(fields), saved_at=clock.now())
    Draft.objects.stale().delete()
    Draft.objects.bulk_create(
        [draft],
        update_conflicts=True,
        unique_fields=["person", "path"],
        update_fields=["fields", "saved_at"],
    )
    return draft


def discard(person: User, path: str) -> None:
    """Throw away what a person typed into a form, if anything was kept."""
    Draft.objects.of(person).filter(path=path).delete()


def _without_personal_data(fields: Fields) -> Fields:
    return {name: values for name, values in fields.items() if not any(map(_is_personal, values))}


def _is_personal(text: str) -> bool:
    try:
        refuse_personal_data(text)
    except ValidationError:
        return True
    return False


class DiscardWhatWasSent:
    """Middleware: a form that was sent and taken needs its draft no more.

    The views answer a POST with a redirect when it was done, and with the page again when it was not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and response.status_code in (302, 303) and isinstance(request.user, User):
            discard(request.user, request.get_full_path())
        return response
