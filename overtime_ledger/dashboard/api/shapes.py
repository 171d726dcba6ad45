"""What the API says, field by field: the one place from which both its answers and its description come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from grants.models import Grant
from overtime_ledger.dashboard.figures import Figures

Kind = Literal["pence", "count", "text", "day", "flag"]

_SCHEMAS: Mapping[Kind, Mapping[str, str]] = {
    "pence": {"type": "integer"},
    "count": {"type": "integer"},
    "text": {"type": "string"},
    "day": {"type": "string", "format": "date"},
    "flag": {"type": "boolean"},
}


@dataclass(frozen=True)
class Field:
    """One member of an object: its name, what it says, where its value comes from, and of what kind it is.

    `kind` is a kind of value, or the shape of an object; with `several` it is a list of them. `empty` says
    when there is no value; without it there always is one.
    """

    name: str
    says: str
    value: Callable[[Any], Any]
    kind: "Kind | Shape" = "pence"
    several: bool = False
    empty: str = ""
    among: Sequence[str] = ()

    def of(self, name: str) -> "Field":
        """The same field, of what a row holds under a name."""
        return replace(self, value=lambda row: self.value(getattr(row, name)))

    def answer(self, row: Any) -> Any:
        """The value as it goes into JSON."""
        value = self.value(row)
        if isinstance(self.kind, Shape):
            shape = self.kind
            return [shape.answer(one) for one in value] if self.several else shape.answer(value)
        return value.isoformat() if isinstance(value, date) else value

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""
        if isinstance(self.kind, Shape):
            one = {"$ref": f"#/components/schemas/{self.kind.name}"}
            return {"type": "array", "description": self.says, "items": one} if self.several else one
        found: dict[str, Any] = dict(_SCHEMAS[self.kind])
        says = f"{self.says} Integer pence." if self.kind == "pence" else self.says
        if self.among:
            found["enum"] = [*self.among, None] if self.empty else [*self.among]
        if self.empty:
            found["type"] = [found["type"], "null"]
            says = f"{says} Null {self.empty}."
        return found | {"description": says}


@dataclass(frozen=True)
class Shape:
    """An object of the API: its name, what it is, its members."""

    name: str
    says: str
    fields: Sequence[Field]

    def answer(self, row: Any) -> dict[str, Any]:
        """A row as it goes into JSON."""
        return {field.name: field.answer(row) for field in self.fields}

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema: every member is always there, and no other."""
        return {
            "type": "object",
            "description": self.says,
            "properties": {field.name: field.schema() for field in self.fields},
            "required": [field.name for field in self.fields],
            "additionalProperties": False,
        }

    def all(self) -> "list[Shape]":
        """This shape and those within it, each once."""
        inner = [field.kind for field in self.fields if isinstance(field.kind, Shape)]
        found = [self, *(one for shape in inner for one in shape.all())]
        return [*{shape.name: shape for shape in found}.values()]


GRANT = Shape(
    "Grant",
    "The grant that the figures are of.",
    (
        Field("reference", "As in the address.", lambda grant: grant.reference, "text"),
        Field("title", "What it is called.", lambda grant: grant.title, "text"),
        Field("marking", "The protective marking of every figure here.", lambda grant: grant.marking, "text"),
        Field("award_pence", "The award, the ceiling.", lambda grant: grant.amount_pence),
        Field("eligible_from", "First day of duty.", lambda grant: grant.eligible_from, "day"),
        Field("eligible_to", "Last day of duty.", lambda grant: grant.eligible_to, "day"),
        Field(
            "status",
            "Open, or closed for good.",
            lambda grant: grant.status,
            "text",
            among=(Grant.Status.OPEN, Grant.Status.CLOSED),
        ),
    ),
)

RUNGS = (
    Field("tasked_pence", "Committed by taskings, not claimed yet.", lambda row: row.tasked),
    Field("claimed_pence", "Claimed, not approved yet.", lambda row: row.claimed),
    Field("approved_pence", "Approved, not paid yet.", lambda row: row.approved),
    Field("settled_pence", "Paid.", lambda row: row.settled),
    Field("incurred_pence", "Approved and settled together.", lambda row: row.incurred),
)
AVAILABLE = Field("available_pence", "Not tasked yet.", lambda row: row.available)

LADDER = Shape(
    "Ladder", "The five rungs of the whole grant: together they are the award.", (AVAILABLE, *RUNGS)
)

RAGS = ("green", "amber", "red")
FORECASTS = ("at_this_pace", "all_tasked_worked", "own")
FORECAST = Shape(
    "Forecast",
    "What the grant will have cost in the end, foretold in one way.",
    (
        Field("kind", "In which way.", lambda row: row[0], "text", among=FORECASTS),
        Field("name", "The same in words; with its day for the DI's own.", lambda row: row[1].name, "text"),
        Field("outturn_pence", "What it will have cost.", lambda row: row[1].outturn),
        Field(
            "unspent_pence",
            "What of the award is then lost; below nothing it is overspent.",
            lambda row: row[1].unspent,
        ),
        Field("rag", "By the warning levels of the grant.", lambda row: row[1].rag, "text", among=RAGS),
        Field("why", "Why it has that colour.", lambda row: row[1].rag_word, "text"),
    ),
)

NO_FORECAST = "for the main line, and for an enquiry that is closed or was allocated nothing"
LINE = Shape(
    "Line",
    "A budget line: the main one, or an enquiry under its neutral name.",
    (
        Field(
            "name", "Main line, or a neutral name like Enquiry 7.", lambda row: row.position.line.name, "text"
        ),
        Field("is_main", "Whether it is the main line.", lambda row: row.position.line.is_main, "flag"),
        Field(
            "allocated_pence",
            "What stands on it, whatever rung it has reached.",
            lambda row: row.position.allocated,
        ),
        AVAILABLE.of("position"),
        *(rung.of("position") for rung in RUNGS),
        Field(
            "forecast_outturn_pence",
            "What it comes to at this pace.",
            lambda row: row.forecast and row.forecast.outturn,
            empty=NO_FORECAST,
        ),
        Field(
            "variance_pence",
            "Allocated less forecast; below nothing it is short.",
            lambda row: row.forecast and row.forecast.unspent,
            empty=NO_FORECAST,
        ),
        Field(
            "rag",
            "By the warning levels of the grant.",
            lambda row: row.forecast and row.forecast.rag,
            "text",
            among=RAGS,
            empty=NO_FORECAST,
        ),
    ),
)

AGENCY = Shape(
    "Agency",
    "What an agency's officers hold on the ladder.",
    (
        Field("code", "Short name.", lambda row: row.position.agency.code, "text"),
        Field("name", "Full name.", lambda row: row.position.agency.name, "text"),
        *(rung.of("position") for rung in RUNGS),
        Field("minutes", "Minutes tasked, claimed and worked.", lambda row: row.position.minutes, "count"),
        Field(
            "maximum_pence",
            "The most it may cost the grant.",
            lambda row: row.maximum_pence,
            empty="where none is agreed",
        ),
    ),
)

HEAD = (
    Field("grant", "", lambda shown: shown.grant, GRANT),
    Field("as_at", "The figures are those at the end of this day.", lambda shown: shown.as_at, "day"),
    Field("remaining_pence", "Award less incurred.", lambda shown: shown.burn.remaining),
    Field(
        "planned_pence",
        "What the profile plans to be incurred by this day.",
        lambda shown: shown.burn.planned_pence,
    ),
)


def _forecasts(shown: Figures) -> list[tuple[str, Any]]:
    return list(zip(FORECASTS, shown.burn.forecasts, strict=False))


POSITION = Shape(
    "Position",
    "Where the money of a grant is on a day, by line and by agency, and what it will have cost in the end.",
    (
        *HEAD,
        Field("ladder", "", lambda shown: shown.burn.stages, LADDER),
        Field("forecasts", "Two, and the DI's own if there is one.", _forecasts, FORECAST, several=True),
        Field("lines", "The main line first.", lambda shown: shown.lines, LINE, several=True),
        Field(
            "agencies",
            "Those whose officers were tasked.",
            lambda shown: shown.agencies,
            AGENCY,
            several=True,
        ),
    ),
)

ENDED = "once the window has ended"
NO_BURN = "when nothing burns, or the window has ended"
WEEK = Shape(
    "Week",
    "The burn-down when a week closed, or on the day asked for in the last one.",
    (
        Field("ending", "A Sunday, or the last day of the window.", lambda week: week.ending, "day"),
        Field("as_at", "The day its figures are for.", lambda week: week.as_at, "day"),
        Field(
            "days_left", "Days of the window left, that day included.", lambda week: week.days_left, "count"
        ),
        Field("planned_pence", "What the profile plans by then.", lambda week: week.profile_cumulative),
        Field("incurred_pence", "Incurred by duties of the week.", lambda week: week.incurred),
        Field("incurred_cumulative_pence", "Incurred up to its day.", lambda week: week.incurred_cumulative),
        Field("remaining_pence", "Award less that.", lambda week: week.remaining),
        Field("pace_pence", "What the last 14 days cost, halved.", lambda week: week.pace),
        Field(
            "required_pence", "The weekly pace that spends the rest.", lambda week: week.required, empty=ENDED
        ),
        Field(
            "gap_pence",
            "Required less pace; above nothing it is too slow.",
            lambda week: week.gap,
            empty=ENDED,
        ),
        Field(
            "run_out_on",
            "When the money is gone at this pace.",
            lambda week: week.run_out_on,
            "day",
            empty=NO_BURN,
        ),
    ),
)

DAY = Shape(
    "Day",
    "What duties of one day cost.",
    (
        Field("on", "The day of the duty.", lambda day: day.on, "day"),
        Field(
            "incurred_pence", "Below nothing if more was reversed than approved.", lambda day: day.incurred
        ),
    ),
)

BURN_DOWN = Shape(
    "BurnDown",
    "How fast a grant burns on a day, week by week and day by day, and what that leads to.",
    (
        *HEAD,
        Field(
            "days_left",
            "Days of the window left, this one included.",
            lambda shown: shown.burn.days_left,
            "count",
        ),
        Field(
            "pace_pence",
            "What the last 14 days cost, halved: a week.",
            lambda shown: shown.burn.burn_rate_week,
        ),
        Field(
            "required_pence",
            "The weekly pace that spends the rest.",
            lambda shown: shown.burn.required_week,
            empty=ENDED,
        ),
        Field(
            "run_out_on",
            "When the money is gone at this pace.",
            lambda shown: shown.burn.run_out_on,
            "day",
            empty=NO_BURN,
        ),
        Field("forecasts", "Two, and the DI's own if there is one.", _forecasts, FORECAST, several=True),
        Field(
            "weeks",
            "From the first of the window on.",
            lambda shown: [row.week for row in shown.weeks],
            WEEK,
            several=True,
        ),
        Field("days", "Days on which something was incurred.", lambda shown: shown.days, DAY, several=True),
    ),
)
