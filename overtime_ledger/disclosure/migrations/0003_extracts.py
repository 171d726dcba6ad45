"""Extracts for everybody: each line decided, released by a second person, then frozen; the database holds to it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

EXTRACTS = """
-- An extract is released or withdrawn by steps, and nothing else of it changes; its lines as long as it is open.
create trigger stands before update on disclosure_extract for each row
    when (old.status <> 'open'
          or (old.id, old.grant_id, old.kind, old.number, old.from_on, old.to_on, old.reference, old.received_on, old.due_on,
              old.scope, old.line_count, old.pence, old.unlisted_count, old.unlisted_pence, old.drawn_by_id, old.drawn_at)
          is distinct from (new.id, new.grant_id, new.kind, new.number, new.from_on, new.to_on, new.reference,
              new.received_on, new.due_on, new.scope, new.line_count, new.pence, new.unlisted_count, new.unlisted_pence,
              new.drawn_by_id, new.drawn_at))
    execute function grants_stands('stands');
create trigger starts_open before insert on disclosure_extract for each row
    when (new.status <> 'open') execute function grants_stands('stands');
create trigger not_deleted before delete on disclosure_extract for each row execute function grants_stands('stands');
create function disclosure_line_of_open_extract() returns trigger language plpgsql as $$
begin
    if not exists (select from disclosure_extract where id = new.extract_id and status = 'open') then
        perform grants_refuse('the extract is not open any more', 'disclosure_extractline_of_open_extract');
    end if;
    return new;
end $$;
create trigger of_open_extract before insert or update on disclosure_extractline
    for each row execute function disclosure_line_of_open_extract();
create trigger stands before update on disclosure_extractline for each row
    when ((old.id, old.extract_id, old.position, old.month, old.agency_id, old.pence, old.minutes, old.officers, old.claims,
           old.recipient)
          is distinct from (new.id, new.extract_id, new.position, new.month, new.agency_id, new.pence, new.minutes,
              new.officers, new.claims, new.recipient))
    execute function grants_stands('stands');
create trigger not_deleted before delete on disclosure_extractline for each row execute function grants_stands('stands');

-- Released, every line is decided, and by others than whoever released it; the lines come to what was drawn up.
create function disclosure_extract_decided() returns trigger language plpgsql as $$
begin
    if exists (select from disclosure_extractline where extract_id = new.id and decision = '') then
        perform grants_refuse('a line is not decided', 'disclosure_extract_decided');
    end if;
    if exists (select from disclosure_extractline where extract_id = new.id and decided_by_id = new.released_by_id) then
        perform grants_refuse('who decided a line does not release it', 'disclosure_extract_two_people');
    end if;
    return new;
end $$;
create trigger decided before update on disclosure_extract for each row
    when (old.status = 'open' and new.status = 'released') execute function disclosure_extract_decided();
create function disclosure_extract_adds_up() returns trigger language plpgsql as $$
begin
    if not exists (select from disclosure_extractline where extract_id = new.id
                   having (count(*), coalesce(sum(pence), 0)) = (new.line_count, new.pence)) then
        perform grants_refuse('the lines do not come to the total', 'disclosure_extract_adds_up');
    end if;
    return null;
end $$;
create constraint trigger adds_up after insert or update on disclosure_extract
    deferrable initially deferred for each row execute function disclosure_extract_adds_up();
do $$
declare name text;
begin
    foreach name in array array['disclosure_line_of_open_extract()', 'disclosure_extract_decided()',
                                'disclosure_extract_adds_up()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger adds_up on disclosure_extract;
drop function disclosure_extract_adds_up();
drop trigger decided on disclosure_extract;
drop function disclosure_extract_decided();
drop trigger not_deleted on disclosure_extractline;
drop trigger stands on disclosure_extractline;
drop trigger of_open_extract on disclosure_extractline;
drop function disclosure_line_of_open_extract();
drop trigger not_deleted on disclosure_extract;
drop trigger starts_open on disclosure_extract;
drop trigger stands on disclosure_extract;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_points_stand"),
        ("disclosure", "0002_a_pack_each"),
        ("grants", "0013_planning"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Extract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("publication", "Publication of a month"),
                            ("foi", "Answer to an FOI request"),
                        ],
                        max_length=11,
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="Without gaps in its grant and kind.")),
                ("from_on", models.DateField(help_text="First day of the payments, or of the duties.")),
                ("to_on", models.DateField(help_text="Their last day.")),
                (
                    "reference",
                    models.CharField(blank=True, help_text="FOI: the number of the request.", max_length=40),
                ),
                (
                    "received_on",
                    models.DateField(help_text="FOI: the day on which the request came.", null=True),
                ),
                ("due_on", models.DateField(help_text="FOI: the twentieth working day after it.", null=True)),
                ("scope", models.CharField(blank=True, help_text="FOI: what was asked for.", max_length=500)),
                ("line_count", models.PositiveIntegerField()),
                ("pence", models.BigIntegerField(help_text="What its lines come to.")),
                (
                    "unlisted_count",
                    models.PositiveIntegerField(default=0, help_text="Payments too small to be listed."),
                ),
                ("unlisted_pence", models.BigIntegerField(default=0)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "To be decided"),
                            ("released", "Released"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("drawn_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                ("released_on", models.DateField(help_text="The business date.", null=True)),
                (
                    "sha256",
                    models.CharField(blank=True, help_text="Of what was released, in hex.", max_length=64),
                ),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_because", models.TextField(blank=True)),
                (
                    "disclosure",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extract",
                        to="disclosure.disclosure",
                    ),
                ),
                (
                    "drawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extracts",
                        to="grants.grant",
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "permissions": (
                    ("publish_extract", "Draws up, decides and releases public extracts and FOI answers"),
                ),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("grant", "kind", "number"), name="disclosure_extract_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("kind", "publication"), models.Q(("status", "withdrawn"), _negated=True)
                        ),
                        fields=("grant", "from_on"),
                        name="disclosure_extract_a_month_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "foi"), models.Q(("status", "withdrawn"), _negated=True)),
                        fields=("reference",),
                        name="disclosure_extract_request_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to_on__gte", models.F("from_on"))),
                        name="disclosure_extract_days_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("due_on__gt", models.F("received_on")),
                                ("kind", "foi"),
                                ("received_on__isnull", False),
                                models.Q(("reference", ""), _negated=True),
                                models.Q(("scope", ""), _negated=True),
                            ),
                            models.Q(
                                ("due_on__isnull", True),
                                ("kind", "publication"),
                                ("received_on__isnull", True),
                                ("reference", ""),
                                ("scope", ""),
                            ),
                            _connector="OR",
                        ),
                        name="disclosure_extract_of_its_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("released_by__isnull", True),
                            models.Q(("released_by", models.F("drawn_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="disclosure_extract_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("disclosure__isnull", False),
                                ("released_at__isnull", False),
                                ("released_by__isnull", False),
                                ("released_on__isnull", False),
                                ("sha256__regex", "^[0-9a-f]{64}$"),
                                ("status", "released"),
                            ),
                            models.Q(
                                models.Q(("status", "released"), _negated=True),
                                ("disclosure__isnull", True),
                                ("released_at__isnull", True),
                                ("released_by__isnull", True),
                                ("released_on__isnull", True),
                                ("sha256", ""),
                            ),
                            _connector="OR",
                        ),
                        name="disclosure_extract_released_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("status", "withdrawn"),
                                ("withdrawn_at__isnull", False),
                                ("withdrawn_by__isnull", False),
                                models.Q(("withdrawn_because", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("status", "withdrawn"), _negated=True),
                                ("withdrawn_at__isnull", True),
                                ("withdrawn_because", ""),
                                ("withdrawn_by__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="disclosure_extract_withdrawn_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExtractLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("month", models.DateField(help_text="Its first day.")),
                ("pence", models.BigIntegerField()),
                ("minutes", models.PositiveIntegerField()),
                ("officers", models.PositiveIntegerField()),
                ("claims", models.PositiveIntegerField()),
                ("recipient", models.CharField(max_length=200)),
                ("purpose", models.CharField(max_length=300)),
                (
                    "value_for_money",
                    models.CharField(blank=True, help_text="Why it was worth its price.", max_length=500),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "To be decided"),
                            ("publish", "Publish"),
                            ("redact", "Redact the recipient and the purpose"),
                            ("withhold", "Withhold the line"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "exemption",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("s23", "s.23: supplied by, or about, bodies that deal with security matters"),
                            ("s24", "s.24: national security"),
                            ("s30", "s.30: investigations and proceedings of public authorities"),
                            ("s31", "s.31: law enforcement"),
                            ("s38", "s.38: health and safety"),
                            ("s40", "s.40: personal information"),
                            ("s43", "s.43: commercial interests"),
                        ],
                        max_length=3,
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        blank=True, help_text="What the decision rests on; kept inside.", max_length=500
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "agency",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "extract",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="disclosure.extract",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of an extract",
                "verbose_name_plural": "lines of extracts",
                "ordering": ("extract", "position"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("extract", "position"), name="disclosure_extractline_position"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("claims__gt", 0), ("officers__gt", 0), ("pence__gt", 0)),
                        name="disclosure_extractline_counts_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("decision", ""),
                                ("exemption", ""),
                            ),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                ("decision__in", ("publish", "redact", "withhold")),
                            ),
                            _connector="OR",
                        ),
                        name="disclosure_extractline_decided_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision__in", ("", "publish")), ("exemption", "")),
                            models.Q(
                                ("decision__in", ("redact", "withhold")),
                                models.Q(("exemption", ""), _negated=True),
                                models.Q(("why", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="disclosure_extractline_kept_back_by_an_exemption",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "publish"), _negated=True),
                            ("officers__gte", 3),
                            models.Q(("why", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="disclosure_extractline_few_with_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(EXTRACTS, UNDO),
    ]
