"""Controls P: people, roles and pay."""

from overtime_ledger.controls.kinds import FINANCE, Control, Group

PEOPLE = Group(
    "P",
    "People, roles and pay",
    (
        Control(
            code="P01",
            title="The role for it",
            when="Somebody acts whose role, agency or part in it does not include this.",
            why="Everybody could do everything.",
            fix="Ask somebody who can; the refusal names them.",
            who="Whoever has the role",
        ),
        Control(
            code="P02",
            title="A pay table has points",
            when="A pay table is recorded without a single point.",
            why="A file that was read wrongly is not to become what people are paid by.",
            fix="Load a file with pay scales.",
            who=FINANCE,
        ),
        Control(
            code="P03",
            title="A program that reads is named",
            when="A client of the API is made without a name of its own, without a grant, or expired.",
            why="Nobody could say what read the figures, nor whose task it was to end it.",
            fix="Name it, and the grants it reads.",
            who="An administrator",
        ),
    ),
)
