"""Controls B: periods and reconciliation."""

from overtime_ledger.controls.kinds import FINANCE, Control, Group

BOOKS = Group(
    "B",
    "Periods and reconciliation",
    (
        Control(
            code="B01",
            title="Periods are closed in their order",
            when="A period is closed or opened out of turn: not begun, not over, not soft-closed, or after "
            "one that is not closed for good; or it is closed for good and would be opened.",
            why="Months were opened again after they had been reported, and reports of one month differed.",
            fix="Take the step that is missing; correct a closed period by a reversal in an open one.",
            who=FINANCE,
        ),
        Control(
            code="B02",
            title="No closing without a signed reconciliation",
            when="A period would be closed for good before its reconciliation with the force's ledger is "
            "signed.",
            why="Grant records were never compared with the ledger that the accounts are made from.",
            fix="Reconcile it until the difference is £0.00; a second person signs.",
            who=FINANCE,
        ),
        Control(
            code="B03",
            title="Every item is explained",
            when="A reconciliation would be prepared while something neither matches nor is explained.",
            why="Differences were carried along as one unexplained amount.",
            fix="Match or explain each item, until the difference is £0.00.",
            who=FINANCE,
        ),
        Control(
            code="B04",
            title="A file is taken once",
            when="A file of the force's ledger is sent that was taken already.",
            why="Lines were loaded twice, and costs counted twice.",
            fix="Send a file with later lines.",
            who=FINANCE,
        ),
        Control(
            code="B05",
            title="A file is taken whole",
            when="A cell of a file cannot be read, or nothing in the file is new.",
            why="Half a file was loaded, and nobody knew which half.",
            fix="Correct the cell that is named, or choose other columns, and send it again.",
            who=FINANCE,
        ),
        Control(
            code="B06",
            title="What is signed stands",
            when="A match or an explanation that a prepared or signed reconciliation counts would be "
            "changed.",
            why="Reconciliations were altered after they had been signed.",
            fix="Send a prepared one back; what is signed is corrected in an open period.",
            who=FINANCE,
        ),
        Control(
            code="B07",
            title="A match comes to the same on both sides",
            when="Entries here and lines of the force are matched by hand that do not come to the same, and "
            "nobody says that they differ.",
            why="Differences disappeared in matches that only looked right.",
            fix="Choose what comes to the same, or say that the amounts differ: then that is explained.",
            who=FINANCE,
        ),
    ),
)
