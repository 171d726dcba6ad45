"""Controls F: paying."""

from overtime_ledger.controls.kinds import FINANCE, Control, Group

PAYING = Group(
    "F",
    "Paying",
    (
        Control(
            code="F01",
            title="Closed periods and claimed lines stand",
            when="Something would be posted on a day of a period that is closed for good, or money would be "
            "tasked, claimed, approved or moved in one that is soft-closed; or a line would be claimed from "
            "the funder a second time.",
            why="Costs were put into months that had been reported already, and charged to the funder twice.",
            fix="Post it in an open period, a correction as a reversal; or ask finance to open a soft-closed "
            "period again. A claim to the funder takes what no claim holds yet.",
            who=FINANCE,
        ),
        Control(
            code="F02",
            title="An invoice is paid once",
            when="The agency has a payroll batch, an invoice or a credit note of that number already, its "
            "statement is invoiced, or an invoice charges more than is certified and not invoiced yet, "
            "beyond what is tolerated.",
            why="The same invoice was paid twice.",
            fix="Enter the number of this one, or record what is above as disputed.",
            who=FINANCE,
        ),
        Control(
            code="F04",
            title="A payment has its number",
            when="A settlement has no payroll batch or invoice number.",
            why="Payments could not be matched with what they were for.",
            fix="Enter the number.",
            who=FINANCE,
        ),
        Control(
            code="F05",
            title="Only approved claims are paid",
            when="A settlement holds a claim that is not approved, or of another agency or grant.",
            why="Invoices held hours that nobody had approved.",
            fix="Draw up the settlement again from the approved claims.",
            who=FINANCE,
        ),
        Control(
            code="F06",
            title="A claim waits in one batch",
            when="A claim is drawn that somebody else drew, or that was held back or reversed, at the same "
            "moment; or the last claim of a batch is left out.",
            why="The same hours were sent to payroll twice.",
            fix="Look at what is due again; an empty batch is withdrawn.",
            who=FINANCE,
        ),
        Control(
            code="F07",
            title="What is in a batch can still be paid",
            when="A batch is sent or confirmed as paid although one of its claims was held back, disputed or "
            "reversed since it was drawn.",
            why="Lists went to payroll as they had been drawn, whatever had come up meanwhile.",
            fix="Leave the claim out with a reason, or withdraw the batch and draw it again.",
            who=FINANCE,
        ),
        Control(
            code="F08",
            title="A difference is resolved by another",
            when="Whoever confirmed a payment says what became of its difference, or it is none of "
            "explained, recovered and corrected; or more would be tolerated than there may be.",
            why="What was paid otherwise than calculated was lost in the totals.",
            fix="Leave it to a second person in finance.",
            who="Another person in finance",
        ),
        Control(
            code="F11",
            title="An invoice answers its statement",
            when="An invoice answers no statement that was sent, does not add up, charges VAT that its code "
            "does not explain, or is disputed where nothing is charged above the statement.",
            why="Invoices were passed that nobody could set beside the hours they were for.",
            fix="Send the invoice back, or record it with what the agency is asked.",
            who=FINANCE,
        ),
        Control(
            code="F12",
            title="Only what is matched is paid",
            when="An invoice is paid while a line is above its statement by more than is tolerated; or a "
            "statement is paid without one, or taken back while one charges it.",
            why="Invoices were paid first and looked at afterwards, and the difference was never credited.",
            fix="Record the agency's credit note for what differs.",
            who=FINANCE,
        ),
        Control(
            code="F20",
            title="One claim to the funder at a time",
            when="A claim to the funder is drawn while the one before waits to be certified.",
            why="Figures of two claims rested on each other, and both were wrong when one was taken back.",
            fix="Have the one before certified, or withdraw it.",
            who="Finance; the Project Manager and the Chief Finance Officer certify",
        ),
        Control(
            code="F21",
            title="A claim to the funder has its day",
            when="A claim would be up to a day ahead, before the grant, or before the last claim's.",
            why="Money was claimed for costs that had not arisen.",
            fix="Choose a day from the last claim's to today.",
            who=FINANCE,
        ),
        Control(
            code="F22",
            title="What is certified agrees with the ledger",
            when="A claim to the funder is certified whose lines or totals the ledger does not bear out.",
            why="Claims were signed that nobody could trace to the accounts.",
            fix="Withdraw it, draw it again, and tell the auditor.",
            who=FINANCE,
        ),
        Control(
            code="F23",
            title="The funder's money agrees with the claims",
            when="More would be received than the funder owes, or repaid than is due to it; or its day lies "
            "ahead, or its reference is missing or recorded already.",
            why="Grants were paid in advance of need, and what was left over was not given back.",
            fix="Compare with the bank statement, and record what it shows.",
            who=FINANCE,
        ),
    ),
)
