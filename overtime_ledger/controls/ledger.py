"""Controls L: the ledger."""

from overtime_ledger.controls.kinds import FINANCE, Control, Group

LEDGER = Group(
    "L",
    "The ledger",
    (
        Control(
            code="L01",
            title="Posted once",
            when="The same entry is sent a second time, as by a second press or a retry.",
            why="A form that was sent twice was booked twice.",
            fix="Nothing: the ledger has it once.",
            who="Nobody has to",
        ),
        Control(
            code="L02",
            title="Closed books",
            when="Money would be tasked, claimed or approved after the grant's books closed.",
            why="Accounts that had been reported changed afterwards.",
            fix="Settle or reverse what is there; nothing new is posted after this day.",
            who=FINANCE,
        ),
        Control(
            code="L03",
            title="A closed grant is only read",
            when="Anything of a closed grant would be changed: its money, duties, claims or terms.",
            why="Accounts that were reported and certified went on changing.",
            fix="Nothing; tell finance if something is wrong with it.",
            who="Nobody",
        ),
    ),
)
