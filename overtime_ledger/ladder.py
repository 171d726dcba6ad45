"""The rungs on which money stands."""

from django.db import models


class Stage(models.TextChoices):
    """The rungs of the ladder, and the funder outside it."""

    FUNDER = "funder", "Funder"
    AVAILABLE = "available", "Available"
    TASKED = "tasked", "Tasked"
    CLAIMED = "claimed", "Claimed"
    APPROVED = "approved", "Approved"
    SETTLED = "settled", "Settled"


LADDER = (Stage.AVAILABLE, Stage.TASKED, Stage.CLAIMED, Stage.APPROVED, Stage.SETTLED)
