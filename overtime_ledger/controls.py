"""Every control in one place: what each code stands for, why it is here, what to do. No Django.

A `block` refuses: nothing happens. A `hold` lets a duty or a claim pass with a question that whoever approves
answers with a reason; so is a `note`, which weighs less. No setting switches a control off. What the audits
behind them found is told in `docs/controls.md`, with the tests that prove each control.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["block", "hold", "note"]

DI = "The controlling DI or a deputy"
FINANCE = "Finance"
CLAIMANT = "The claimant"
SUPERVISOR = "A supervisor of the officer's agency"


@dataclass(frozen=True, kw_only=True)
class Control:
    """One control. `levels` has two entries where it blocks until something is said and asks from then on."""

    code: str
    levels: tuple[Level, ...] = ("block",)
    title: str
    when: str
    why: str
    fix: str
    who: str

    @property
    def blocks(self) -> bool:
        """Whether it refuses people."""
        return "block" in self.levels

    @property
    def asks(self) -> str:
        """At which level it puts a question on duties or claims; empty if it puts none."""
        return next((level for level in self.levels if level != "block"), "")

    @property
    def level(self) -> str:
        """Its levels in words."""
        return " or ".join(self.levels)


@dataclass(frozen=True)
class Group:
    """Controls of one part of the work; their codes start with the same letter."""

    letter: str
    name: str
    controls: Sequence[Control]


TASKING = Group(
    "T",
    "Tasking",
    (
        Control(
            code="T01",
            title="The grant is open",
            when="Money would move under a grant that is not open: a gate is not confirmed, or it is closed.",
            why="Money was committed before anybody had the authority to spend it.",
            fix="Record and confirm every gate, then open the grant.",
            who=FINANCE,
        ),
        Control(
            code="T02",
            title="The duty lies in the grant's window",
            when="A duty begins outside the window. One that runs over its last midnight is paid up to then.",
            why="Costs were charged to the year in which they were paid, not to that in which they were "
            "worked.",
            fix="Choose a day inside the window; other days cannot be charged to this grant.",
            who=DI,
        ),
        Control(
            code="T03",
            title="The enquiry has the money",
            when="A tasking, or what is claimed again, costs more than the enquiry has available.",
            why="Limits were overspent, because they were compared with spending only afterwards.",
            fix="Allocate what is short, or task fewer officers.",
            who=DI,
        ),
        Control(
            code="T04",
            title="The rank earns overtime",
            when="On the day of the duty the officer is neither constable nor sergeant nor of an agreed "
            "grade.",
            why="Overtime of ranks that earn none was reimbursed.",
            fix="Task somebody else, or have the rank on that day corrected.",
            who="The controlling DI; an administrator corrects ranks",
        ),
        Control(
            code="T05",
            title="Who controls the grant is not paid from it",
            when="The officer is the controlling DI or a deputy of the grant.",
            why="People ordered overtime for themselves.",
            fix="Task somebody else.",
            who=DI,
        ),
        Control(
            code="T06",
            title="Nobody is in two places",
            when="The officer is tasked, or has claimed, for some of that time already, for whatever agency.",
            why="The same hours were paid twice.",
            fix="Choose another time or another officer, or cancel the other duty.",
            who=DI,
        ),
        Control(
            code="T07",
            title="What the hour costs is agreed",
            when="No confirmed agreement and rate for the agency's grade; or of the lead force no "
            "confirmed pay table, rule set or on-cost for the day.",
            why="On-costs that nobody had agreed were refused by the payer and written off.",
            fix="Record what is missing and have it confirmed by a second person.",
            who=FINANCE,
        ),
        Control(
            code="T08",
            title="An agency stays within its maximum",
            when="A tasking or an extension would bring an agency above its agreed maximum.",
            why="What an agency may cost is agreed beforehand; invoices above it were paid all the same.",
            fix="Task fewer of its officers, or agree a higher maximum.",
            who="Finance agrees maxima with the agency",
        ),
        Control(
            code="T09",
            levels=("block", "hold"),
            title="Tasked beforehand",
            when="The duty has begun when it is tasked: refused without a reason, a question with one.",
            why="More than half of the forms that an audit read had no approval before the duty.",
            fix="Say why it was not tasked beforehand; whoever approves the claim reads it.",
            who=DI,
        ),
        Control(
            code="T10",
            levels=("note",),
            title="Rest and hours",
            when="Less than 11 hours of rest, over 16 hours on end, over 60 a week or 48 on average, or "
            "over 100 hours of overtime a month.",
            why="Very long hours tire people, and hours were padded.",
            fix="Read the sums and ask whether the duty is right.",
            who=DI,
        ),
        Control(
            code="T11",
            levels=("note",),
            title="A rest day with long notice",
            when="The officer was told of a rest day's duty 15 clear days before, or earlier.",
            why="Nothing is payable then: another rest day is due, which the grant does not see.",
            fix="Make sure that this is what is meant.",
            who=DI,
        ),
        Control(
            code="T12",
            title="The enquiry is open",
            when="Somebody would be tasked to an enquiry that is closed.",
            why="Work on other cases was charged to old ones that still had money.",
            fix="Choose an open enquiry.",
            who=DI,
        ),
        Control(
            code="T13",
            title="An enquiry has its subject",
            when="An enquiry is opened without a subject, or no free codename is left for a new one.",
            why="Overtime was charged to no case in particular.",
            fix="Choose a subject or draw a new codename.",
            who=DI,
        ),
        Control(
            code="T14",
            title="A closed enquiry holds no money",
            when="An enquiry is closed while some of its money is available, tasked or claimed.",
            why="Money that nobody watched any more was not spent, or spent on something else.",
            fix="Move what is available; let what is tasked be claimed, cancelled or released.",
            who=DI,
        ),
        Control(
            code="T15",
            title="Officers are named",
            when="A tasking names nobody.",
            why="Hours were ordered for a team and claimed by whoever came.",
            fix="Choose at least one officer.",
            who=DI,
        ),
        Control(
            code="T16",
            title="A duty is only shortened",
            when="The new end of a duty is not between its start and its present end.",
            why="More time is asked for and granted with the claim; it is not slipped into an order.",
            fix="Choose an earlier end.",
            who=DI,
        ),
        Control(
            code="T17",
            title="Only what nobody claimed is taken back",
            when="A duty is cancelled, shortened or taken from an officer who has claimed it or has left it.",
            why="Orders were altered after the work so that they fitted the claims.",
            fix="Return or reject the claim instead.",
            who=DI,
        ),
        Control(
            code="T18",
            title="Declined before it begins",
            when="An officer declines a duty that has begun.",
            why="Whether a duty that has begun was worked is for its claim to say.",
            fix="Tell the controlling DI that it was not worked.",
            who=DI,
        ),
        Control(
            code="T19",
            title="Time off is given once",
            when="Time off that was granted or struck off is granted or struck off again.",
            why="Time off in lieu stands for pay: given twice, it is paid twice.",
            fix="Nothing is left to do.",
            who="Nobody",
        ),
        Control(
            code="T20",
            title="Time off comes after the duty",
            when="The day off lies before the duty that earned it.",
            why="Time off was booked for duties that were never worked.",
            fix="Enter the day on which the officer is off.",
            who=SUPERVISOR,
        ),
        Control(
            code="T21",
            title="Of the grant's cost types",
            when="The officer is of the lead force, or of another agency, and the grant does not bear that "
            "overtime.",
            why="Money given for one kind of cost paid for another.",
            fix="Choose other officers, or have the cost types changed with the funder's agreement.",
            who="Finance changes the terms",
        ),
        Control(
            code="T22",
            title="Scores can be compared",
            when="A score of harm is above the highest of its scale, or an exit score has no entry score on the "
            "same scale.",
            why="Success was reported with scores on exit that had nothing to stand against.",
            fix="Enter scores as the analyst stated them; record the entry assessment first.",
            who=DI,
        ),
        Control(
            code="T23",
            title="An outcome is whole",
            when="An outcome or assessment is of a day ahead or before its enquiry, another result has no "
            "words, a score nobody who stated it, or a subject that is still open a score on exit.",
            why="Results were reported that nobody could trace to a day and a person.",
            fix="Complete the outcome, or record it as still open.",
            who=DI,
        ),
        Control(
            code="T24",
            title="Closed with its outcomes",
            when="An enquiry is closed, a subject has no outcome on record, and nobody says that it follows.",
            why="Nobody could say afterwards what the money had brought.",
            fix="Record what came of each subject, or say that it follows.",
            who=DI,
        ),
    ),
)

CLAIMS = Group(
    "C",
    "Claims",
    (
        Control(
            code="C01",
            title="One's own duty",
            when="Whoever claims or declines is not the officer named, nor a clerk of the officer's agency.",
            why="Work for other cases was charged, by people nobody had tasked.",
            fix="Claim the duties you were tasked to; ask the controlling DI if one is missing.",
            who="The officer named, or a clerk of the agency",
        ),
        Control(
            code="C02",
            title="No minute is claimed twice",
            when="Some of the time, or the duty itself, is claimed already. Ends that touch are fine.",
            why="In one audit over half of the overtime that was tested had been claimed twice.",
            fix="Correct the times, or have the other duty cancelled if it was not worked.",
            who="The claimant; the controlling DI cancels duties",
        ),
        Control(
            code="C03",
            title="Times that can be",
            when="The end is not after the start, the times span over 24 hours or lie ahead, or nothing is "
            "payable for them.",
            why="Times that cannot be passed through systems that only added them up.",
            fix="Correct the times; if they are right, there is nothing to claim.",
            who=CLAIMANT,
        ),
        Control(
            code="C04",
            levels=("block", "hold"),
            title="More than was authorised",
            when="More hours, or dearer ones, than were tasked: asked of the DI with a reason, while the "
            "claim waits.",
            why="What was worked beyond an order was paid without anybody deciding about it.",
            fix="Say why more time was needed; the DI grants all of it, a part or none.",
            who="The claimant asks, the controlling DI or a deputy decides",
        ),
        Control(
            code="C05",
            levels=("hold",),
            title="Another kind of duty",
            when="The claim states another kind of duty than the tasking.",
            why="The dearer multiplier was claimed: casual against an order given beforehand.",
            fix="Compare with the tasking, then approve with a reason or return it.",
            who=DI,
        ),
        Control(
            code="C06",
            title="Claims are open",
            when="A claim is submitted or decided after the grant's claims closed.",
            why="Claims arrived seven months late, when nobody could check them any more.",
            fix="Ask for a named exception on the late list.",
            who=FINANCE,
        ),
        Control(
            code="C07",
            levels=("note",),
            title="Submitted late",
            when="A claim is submitted over 14 days after its duty.",
            why="The later a claim, the less anybody remembers of the duty.",
            fix="Look at the record of the duty.",
            who=DI,
        ),
        Control(
            code="C08",
            title="Outside the rostered tour",
            when="Some of the time lies inside the officer's rostered tour of that day.",
            why="Sixteen hours were charged where ten were worked: the others were paid as salary.",
            fix="State the time outside the tour, or have the roster corrected.",
            who="The claimant; a supervisor corrects rosters",
        ),
        Control(
            code="C09",
            levels=("hold",),
            title="Above the rate card",
            when="An agency charges a higher rate, multiplier or on-cost than agreed, or more hours than "
            "worked.",
            why="Invoices carried rates that nobody had agreed.",
            fix="Compare with the rate card and the rate letter.",
            who=DI,
        ),
        Control(
            code="C10",
            levels=("block", "hold"),
            title="A public holiday that is one",
            when="Claimed or tasked as a public holiday on another day: refused, unless a substituted day "
            "is on record; then it is a question.",
            why="Double time was claimed for ordinary days.",
            fix="Choose another kind of duty, or have the substituted holiday recorded with its evidence.",
            who="The controlling DI; a supervisor records substituted holidays",
        ),
        Control(
            code="C11",
            title="The record is there",
            when="A claim is approved without the duty record, or for another agency the timesheet.",
            why="A quarter of a million dollars was paid on nothing that showed the work.",
            fix="Add it to the claim, as a reference or a file.",
            who="The claimant, or a clerk or supervisor of the agency",
        ),
        Control(
            code="C12",
            levels=("note",),
            title="A pattern",
            when="A run of claims with the same times, all on the hour or all just the minimum; or a claim "
            "nearly like another of that day.",
            why="Days of sixteen hours were listed one like the other.",
            fix="Ask whether these are the hours worked.",
            who=DI,
        ),
        Control(
            code="C13",
            title="Attested, and paid by no other fund",
            when="The claim does not say that the hours were worked and that no other fund pays for them.",
            why="The same hours were charged to two funds.",
            fix="Read both statements and confirm them if they are true.",
            who="The claimant; a clerk on the officer's word",
        ),
        Control(
            code="C14",
            levels=("hold",),
            title="Rank or pay of the day",
            when="The rank or the pay on the day of the duty is not what the duty was tasked on.",
            why="Pay came from records that were older than the duty.",
            fix="Look at the record of the rank and the pay point.",
            who=DI,
        ),
        Control(
            code="C15",
            title="Evidence that can be read",
            when="Neither reference nor file is given, or the file is not a whole PDF, PNG or JPEG of at "
            "most 10 MB, or is no longer what was added.",
            why="What was attached showed nothing, or could not be opened any more.",
            fix="Say where the record is, or add it as a file that can be read.",
            who="Whoever adds it",
        ),
        Control(
            code="C16",
            title="An exception by name",
            when="An exception from the closing day is asked for without need or twice, or for a day that "
            "the books do not allow.",
            why="Closing days were moved for everybody because one claim was late.",
            fix="Look at the late list: there is one exception for each duty, until a day before the books "
            "close.",
            who="The claimant asks, finance decides",
        ),
    ),
)

APPROVAL = Group(
    "A",
    "Approval",
    (
        Control(
            code="A01",
            title="Three people",
            when="Somebody certifies, approves, pays or holds back a claim that is their own, that they "
            "entered or on which they took the step before.",
            why="One person claimed, confirmed and approved.",
            fix="Leave it to somebody else.",
            who="Another person with the role",
        ),
        Control(
            code="A02",
            title="Authority over the grant",
            when="Somebody decides who is neither the controlling DI nor a deputy in force, or above the "
            "deputy's limit.",
            why="Whoever was there signed, without anything that said they could.",
            fix="Ask the controlling DI to do it or to delegate it.",
            who=DI,
        ),
        Control(
            code="A03",
            title="As it was seen",
            when="What is decided on changed since the page was drawn, or somebody else decided first.",
            why="People approved figures that were not the ones on their screen.",
            fix="Look at it as it is now and decide again.",
            who="Whoever decides",
        ),
        Control(
            code="A04",
            title="The money is still there",
            when="Money would move that the line or the rung does not hold any more.",
            why="Limits were checked on a copy of the figures that was out of date.",
            fix="Look at the figures again; move less, or bring money back first.",
            who=DI,
        ),
        Control(
            code="A05",
            title="No interest in the person or agency",
            when="Whoever certifies, decides or pays declared an interest in the officer or the agency.",
            why="Overtime was approved for relatives and friends.",
            fix="Leave it to somebody else.",
            who="Another person with the role",
        ),
        Control(
            code="A06",
            title="The sample was opened",
            when="Several claims are approved together that are not clean, or before the sample drawn from "
            "them was opened.",
            why="Lists were approved with one press, unread.",
            fix="Draw the sample, open each of its claims, then approve.",
            who="Whoever approves",
        ),
        Control(
            code="A07",
            title="Questions are answered",
            when="A claim with holds or notes is approved without a reason.",
            why="Exceptions were approved, and nobody could say later why.",
            fix="Open the claim, read the questions and say why it is right.",
            who="Whoever approves",
        ),
        Control(
            code="A08",
            title="Decisions have reasons",
            when="A return, a rejection, a reversal or another such decision is made without its reason.",
            why="Claims went to and fro, and nobody could say later why.",
            fix="Say why.",
            who="Whoever decides",
        ),
        Control(
            code="A09",
            title="Not held back",
            when="Somebody takes a step with a claim that finance or an auditor holds back.",
            why="Claims under suspicion were paid while they were looked into.",
            fix="Wait until it is let go on.",
            who="Finance or an auditor",
        ),
        Control(
            code="A10",
            title="A declaration says what it is",
            when="An interest is declared in nobody, in two at once, in oneself, without words or a second "
            "time.",
            why="Registers of interests that say nothing protect nobody.",
            fix="Choose the officer or the agency, and say what ties you to them.",
            who="Whoever declares it",
        ),
        Control(
            code="A11",
            title="A part is less than the whole",
            when="A part of a claim is approved that is not less than the whole, or is paid the same.",
            why="Claims were put right by the approver: up as well as down.",
            fix="Enter the minutes that are approved, or decide on the whole.",
            who="Whoever approves",
        ),
        Control(
            code="A12",
            title="A part is disputed once",
            when="A claim is disputed that was not approved in part or was disputed before, or the dispute "
            "is decided already.",
            why="What an approver cut was never heard of again, or argued about without an end.",
            fix="Look at the timeline of the claim: the answer stands there.",
            who="The claimant disputes, the other of controlling DI and deputy decides",
        ),
        Control(
            code="A13",
            title="Certified before it is approved",
            when="A claim is approved whose hours no supervisor has certified.",
            why="Claims were paid that nobody who knew of the duty had confirmed.",
            fix="Wait until a supervisor of the agency has certified the hours.",
            who="A supervisor of the agency",
        ),
    ),
)

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
            "statement is invoiced, or an invoice charges more than is certified and not invoiced yet.",
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
            "does not explain, or less for a claim than the statement says and nobody asks about it.",
            why="Invoices were passed that nobody could set beside the hours they were for.",
            fix="Send the invoice back, or record it with what the agency is asked.",
            who=FINANCE,
        ),
        Control(
            code="F12",
            title="Only what is matched is paid",
            when="An invoice is paid before every line agrees with its statement; or a statement is paid "
            "without one, or taken back while one charges it.",
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

GRANTS = Group(
    "G",
    "Grants, terms and allocation",
    (
        Control(
            code="G01",
            title="Two people",
            when="Somebody confirms or approves what they recorded or put forward themselves.",
            why="One person set the terms and the rates by which they paid.",
            fix="Ask a second person in finance.",
            who="Another person in finance",
        ),
        Control(
            code="G02",
            title="What is confirmed stands",
            when="Something that a second person confirmed is recorded or confirmed again.",
            why="Rates and terms were altered after the payments that they were for.",
            fix="Nothing is left to do; new terms are a new record.",
            who="Nobody",
        ),
        Control(
            code="G03",
            title="A gate has been passed",
            when="The date of a gate lies ahead.",
            why="Signatures were recorded that had not been given yet.",
            fix="Record it once it has happened.",
            who=FINANCE,
        ),
        Control(
            code="G04",
            title="Recorded before it is confirmed",
            when="Something is confirmed that nobody has recorded.",
            why="A confirmation of nothing is none.",
            fix="Record its date and evidence.",
            who=FINANCE,
        ),
        Control(
            code="G05",
            title="Terms of an open grant stand",
            when="A grant is opened twice, or terms are changed in another way than its state allows.",
            why="Conditions were rewritten while the money was being spent.",
            fix="Put a change of the terms forward and have it agreed by the funder.",
            who=FINANCE,
        ),
        Control(
            code="G06",
            title="One controlling DI at a time",
            when="A controlling DI is appointed from that day or a later one already.",
            why="With two people in charge, nobody is.",
            fix="Choose a later day.",
            who=FINANCE,
        ),
        Control(
            code="G07",
            title="A deputy is somebody else",
            when="The controlling DI delegates to themselves.",
            why="A delegation is to be seen as one.",
            fix="Name somebody else.",
            who="The controlling DI",
        ),
        Control(
            code="G08",
            title="A delegation has its days",
            when="A delegation would end before it begins, or before today.",
            why="Deputies went on for years under a delegation that nobody remembered.",
            fix="Choose a later last day.",
            who="The controlling DI",
        ),
        Control(
            code="G09",
            title="Money stays in its grant",
            when="Money would move to the same line, or to one of another grant.",
            why="Ring-fenced money helped out elsewhere.",
            fix="Choose another line of this grant.",
            who=DI,
        ),
        Control(
            code="G10",
            title="Moves and forecasts have reasons",
            when="Money is moved between enquiries, or an own forecast given, without a reason.",
            why="Allocations changed, and nobody could say later why.",
            fix="Say why.",
            who=DI,
        ),
        Control(
            code="G11",
            title="A closed enquiry takes no money",
            when="Money would be allocated to an enquiry that is closed.",
            why="Money was parked where nobody looked.",
            fix="Choose an open enquiry.",
            who=DI,
        ),
        Control(
            code="G12",
            title="One change of terms at a time",
            when="Terms are put forward while another change of them is open.",
            why="Of two changes under way nobody knows which the funder agreed to.",
            fix="Bring the other one to its end, or withdraw it.",
            who=FINANCE,
        ),
        Control(
            code="G13",
            title="A change of terms is whole",
            when="A change changes nothing, is impossible, or lacks its reason, authority or the funder's "
            "reference.",
            why="Conditions changed on the telephone.",
            fix="Correct it and put it forward again.",
            who=FINANCE,
        ),
        Control(
            code="G14",
            title="A profile fits its grant",
            when="A profile has no points, leaves the window, falls, does not end with it, or plans more "
            "than the award.",
            why="Spending was compared with plans that nobody could have met.",
            fix="Correct the profile and put it forward again.",
            who=FINANCE,
        ),
        Control(
            code="G15",
            title="A plan has its day",
            when="An underspend is answered with a plan that names no day of the window still to come.",
            why="Underspends were noted month after month, and the money was lost all the same.",
            fix="Choose the day by which the plan is to have worked.",
            who=DI,
        ),
    ),
)

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

DISCLOSURE = Group(
    "D",
    "Disclosure",
    (
        Control(
            code="D01",
            title="Each line is decided",
            when="An extract is released while a line of it is not decided.",
            why="Figures went out that nobody had looked at.",
            fix="Decide each line: publish, redact or withhold.",
            who=FINANCE,
        ),
        Control(
            code="D02",
            title="Nobody is named in what goes out",
            when="Words that go out name a subject, an enquiry, a person or a staff number.",
            why="Names of suspects and of officers stood in published files.",
            fix="Say it without them.",
            who="Whoever decides the line",
        ),
        Control(
            code="D03",
            title="A decision says what it rests on",
            when="Something is kept back without exemption or reason, or a payment is published without its "
            "value.",
            why="Lines were blacked out, and nobody could say by which rule.",
            fix="Choose the exemption, and say why.",
            who="Whoever decides the line",
        ),
        Control(
            code="D04",
            title="Few people behind a figure",
            when="Without a reason, a line goes out behind which fewer than three officers stand, or so few "
            "between it and a line released before.",
            why="From a small total everybody could tell what one person was paid.",
            fix="Redact or withhold it, or say why it tells of nobody.",
            who="Whoever decides the line",
        ),
        Control(
            code="D05",
            title="Published once",
            when="A month, or the answer to a request, is drawn up a second time.",
            why="The same payments were published twice, with two amounts.",
            fix="Go on with the one that is there, or withdraw it before its release.",
            who=FINANCE,
        ),
        Control(
            code="D06",
            title="Days that are over",
            when="A month is drawn up for publication that is not over, or days lie ahead or not in order.",
            why="Figures were given out that changed a week later.",
            fix="Choose days that are over, the first before the last.",
            who=FINANCE,
        ),
    ),
)

GROUPS = (TASKING, CLAIMS, APPROVAL, PAYING, GRANTS, PEOPLE, LEDGER, BOOKS, YEAR_END, DISCLOSURE)
CONTROLS = {control.code: control for group in GROUPS for control in group.controls}
"""Every control by its code."""
