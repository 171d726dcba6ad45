"""Controls D: disclosure."""

from overtime_ledger.controls.kinds import FINANCE, Control, Group

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
