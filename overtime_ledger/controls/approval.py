"""Controls A: approval."""

from overtime_ledger.controls.kinds import DI, Control, Group

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
