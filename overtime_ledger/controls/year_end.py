"""Controls Y: year end and closing."""

from overtime_ledger.controls.kinds import FINANCE, Control, Group

YEAR_END = Group(
    "Y",
    "Year end and closing",
    (
        Control(
            code="Y01",
            title="Accrued when the days are over",
            when="An accrual is drawn up for a day that is not over, or that lies before the grant's window.",
            why="Estimates of the last weeks were booked as costs before anybody had worked.",
            fix="Choose a day that is over, or wait.",
            who=FINANCE,
        ),
        Control(
            code="Y02",
            title="A day is accrued once",
            when="The grant has an accrual of that day already, which was not withdrawn.",
            why="The same liability was reported twice, with two amounts.",
            fix="Look at the one that is there; until it is confirmed it can be withdrawn.",
            who=FINANCE,
        ),
        Control(
            code="Y03",
            title="Closed when nothing is open",
            when="Closing a grant is proposed or confirmed while an item of its checklist is open.",
            why="Grants were closed with claims, invoices and reports outstanding.",
            fix="See to each item that is named; the checklist says what stands against it.",
            who="The owner of each item",
        ),
        Control(
            code="Y04",
            title="Signed when it is done",
            when="An item is signed without evidence, for a day ahead, before it stands, or although the "
            "product looks it up.",
            why="Checklists were ticked off that nobody had worked through.",
            fix="Sign it when it is done, with what shows it.",
            who=FINANCE,
        ),
        Control(
            code="Y05",
            title="Records are kept long enough",
            when="Retention is set to end before six years after the financial year and the final payment.",
            why="Records were destroyed before the auditors came.",
            fix="Choose that day or a later one.",
            who=FINANCE,
        ),
        Control(
            code="Y06",
            title="One closing at a time",
            when="Closing a grant is proposed that somebody has proposed already.",
            why="Of two proposals nobody knows which was confirmed.",
            fix="Confirm it as a second person, or withdraw it.",
            who="Another person in finance",
        ),
    ),
)
