"""Controls C: claims."""

from overtime_ledger.controls.kinds import CLAIMANT, DI, FINANCE, Control, Group

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
