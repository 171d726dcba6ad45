"""A grant, its books, the agencies it pays, and how its terms change."""

from grants.models.grant import (
    Authority,
    ClaimBasis,
    CostTypes,
    Gate,
    Grant,
    OnCost,
    OwnForecast,
)
from grants.models.ledger import CHANGES_INCURRED, INCURRED_STAGES, BudgetLine, LedgerEntry
from grants.models.periods import Period, PeriodStep
from grants.models.planning import Profile, UnderspendNotice, VarianceComment
from grants.models.rates import (
    ON_COST_KINDS,
    AgencyAgreement,
    AgencyRate,
    DutyType,
    OnCostRate,
    validate_multiplier,
)
from grants.models.terms import TermsChange
from overtime_ledger.ladder import LADDER, Stage

__all__ = [
    "CHANGES_INCURRED",
    "INCURRED_STAGES",
    "LADDER",
    "ON_COST_KINDS",
    "AgencyAgreement",
    "AgencyRate",
    "Authority",
    "BudgetLine",
    "ClaimBasis",
    "CostTypes",
    "DutyType",
    "Gate",
    "Grant",
    "LedgerEntry",
    "OnCost",
    "OnCostRate",
    "OwnForecast",
    "Period",
    "PeriodStep",
    "Profile",
    "Stage",
    "TermsChange",
    "UnderspendNotice",
    "VarianceComment",
    "validate_multiplier",
]
