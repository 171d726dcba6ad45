"""Reconciliations stand once signed; a period closes for good with one, and with its snapshot."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

BOOKS = """
create trigger append_only before update or delete on books_forceupload
    for each row execute function audit_refuse_change();
create trigger append_only before update or delete on books_forceline
    for each row execute function audit_refuse_change();
create trigger append_only before update or delete on books_periodsnapshot
    for each row execute function audit_refuse_change();
create trigger not_deleted before delete on books_match for each row execute function audit_refuse_change();
create trigger not_deleted before delete on books_matchedentry for each row execute function audit_refuse_change();
create trigger not_deleted before delete on books_matchedline for each row execute function audit_refuse_change();
create trigger not_deleted before delete on books_adjustment for each row execute function audit_refuse_change();
create trigger not_deleted before delete on books_reconciliation for each row execute function audit_refuse_change();

create function books_line_of_its_upload() returns trigger language plpgsql as $$
begin
    if not exists (select from books_forceupload where id = new.upload_id and grant_id = new.grant_id) then
        perform grants_refuse('the line is of another grant', 'books_forceline_of_its_grant');
    end if;
    return new;
end $$;
create trigger of_its_grant before insert on books_forceline
    for each row execute function books_line_of_its_upload();

-- Payments and their reversals of one grant, and the force's lines of that grant; live until the match is undone.
create function books_matched() returns trigger language plpgsql as $$
declare
    m books_match;
begin
    select * into m from books_match where id = new.match_id;
    if tg_op = 'UPDATE' then
        if to_jsonb(old) - 'live' <> to_jsonb(new) - 'live' or not old.live or new.live or m.undone_at is null then
            perform grants_refuse('a match stands until it is undone', tg_table_name || '_stands');
        end if;
        return new;
    end if;
    if m.undone_at is not null or not new.live then
        perform grants_refuse('the match is undone', tg_table_name || '_stands');
    end if;
    if tg_table_name = 'books_matchedline' then
        if not exists (select from books_forceline where id = (to_jsonb(new) ->> 'line_id')::bigint
                                                     and grant_id = m.grant_id) then
            perform grants_refuse('the line is of another grant', 'books_matchedline_of_its_grant');
        end if;
    elsif not exists (
        select from grants_ledgerentry entry left join grants_ledgerentry reversed on reversed.id = entry.reverses_id
        where entry.id = (to_jsonb(new) ->> 'entry_id')::bigint and entry.grant_id = m.grant_id
          and 'settlement' in (entry.kind, reversed.kind)) then
        perform grants_refuse('the entry pays nothing under this grant', 'books_matchedentry_pays');
    end if;
    return new;
end $$;
create trigger matched before insert or update on books_matchedentry
    for each row execute function books_matched();
create trigger matched before insert or update on books_matchedline
    for each row execute function books_matched();

-- A match that a signed reconciliation counted is not undone.
create function books_match_stands() returns trigger language plpgsql as $$
declare
    last_day date;
begin
    select max(day) into last_day from (
        select entry.posted_on from books_matchedentry part join grants_ledgerentry entry on entry.id = part.entry_id
        where part.match_id = old.id
        union all
        select line.booked_on from books_matchedline part join books_forceline line on line.id = part.line_id
        where part.match_id = old.id) days (day);
    if old.undone_at is not null
        or to_jsonb(old) - '{undone_by_id,undone_at,undone_because}'::text[]
           <> to_jsonb(new) - '{undone_by_id,undone_at,undone_because}'::text[]
        or exists (select from books_reconciliation done join grants_period period on period.id = done.period_id
                   where done.status = 'signed' and period.grant_id = old.grant_id
                     and period.ends_on >= last_day and done.signed_at >= old.made_at) then
        perform grants_refuse('what is signed stands', 'books_match_stands');
    end if;
    return new;
end $$;
create trigger stands before update on books_match for each row execute function books_match_stands();

-- What explains a period's items stands from when its reconciliation is prepared until it is sent back.
create function books_adjustment_stands() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (old.withdrawn_at is not null
        or to_jsonb(old) - '{withdrawn_by_id,withdrawn_at}'::text[]
           <> to_jsonb(new) - '{withdrawn_by_id,withdrawn_at}'::text[])
        or exists (select from books_reconciliation where period_id = new.period_id and status <> 'returned') then
        perform grants_refuse('what is prepared or signed stands', 'books_adjustment_stands');
    end if;
    return new;
end $$;
create trigger stands before insert or update on books_adjustment
    for each row execute function books_adjustment_stands();

create function books_reconciliation_stands() returns trigger language plpgsql as $$
declare
    steps text[] := '{status,signed_by_id,signed_at,returned_by_id,returned_at,returned_because}';
begin
    if new.sha256 <> encode(sha256(convert_to(new.document, 'UTF8')), 'hex') then
        perform grants_refuse('the digest is of another document', 'books_reconciliation_digest');
    end if;
    if tg_op = 'INSERT' and new.status <> 'prepared'
        or tg_op = 'UPDATE' and (old.status <> 'prepared' or to_jsonb(old) - steps <> to_jsonb(new) - steps) then
        perform grants_refuse('a reconciliation stands', 'books_reconciliation_stands');
    end if;
    return new;
end $$;
create trigger stands before insert or update on books_reconciliation
    for each row execute function books_reconciliation_stands();

create function books_snapshot_is_of_the_books() returns trigger language plpgsql as $$
begin
    if new.sha256 <> encode(sha256(convert_to(new.document, 'UTF8')), 'hex') then
        perform grants_refuse('the digest is of another document', 'books_periodsnapshot_digest');
    end if;
    if not exists (select from books_reconciliation
                   where id = new.reconciliation_id and period_id = new.period_id and status = 'signed') then
        perform grants_refuse('a period is closed when it is reconciled', 'books_periodsnapshot_reconciled');
    end if;
    if new.last_number is distinct from (
        select coalesce(max(entry.number), 0)
        from grants_period period join grants_ledgerentry entry on entry.grant_id = period.grant_id
        where period.id = new.period_id and entry.posted_on <= period.ends_on) then
        perform grants_refuse('the snapshot ends with the last entry', 'books_periodsnapshot_last_entry');
    end if;
    return new;
end $$;
create trigger is_of_the_books before insert on books_periodsnapshot
    for each row execute function books_snapshot_is_of_the_books();

-- At commit: closed for good with its snapshot, and the snapshot only with it.
create function books_closed_with_snapshot() returns trigger language plpgsql as $$
declare
    period bigint := coalesce(to_jsonb(new) ->> 'period_id', to_jsonb(new) ->> 'id');
begin
    if (select state = 'hard' from grants_period where id = period)
        <> exists (select from books_periodsnapshot where period_id = period) then
        perform grants_refuse('a period is closed for good with its snapshot', 'grants_period_with_snapshot');
    end if;
    return null;
end $$;
create constraint trigger with_snapshot after update on grants_period deferrable initially deferred
    for each row when (new.state = 'hard') execute function books_closed_with_snapshot();
create constraint trigger with_period after insert on books_periodsnapshot deferrable initially deferred
    for each row execute function books_closed_with_snapshot();
do $$
declare name text;
begin
    foreach name in array array['books_line_of_its_upload()', 'books_matched()', 'books_match_stands()',
        'books_adjustment_stands()', 'books_reconciliation_stands()', 'books_snapshot_is_of_the_books()',
        'books_closed_with_snapshot()'] loop
        execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
    end loop;
end $$;
"""
UNDO = """
drop trigger with_snapshot on grants_period;
drop trigger with_period on books_periodsnapshot;
drop function books_closed_with_snapshot();
drop trigger is_of_the_books on books_periodsnapshot;
drop function books_snapshot_is_of_the_books();
drop trigger stands on books_reconciliation;
drop function books_reconciliation_stands();
drop trigger stands on books_adjustment;
drop function books_adjustment_stands();
drop trigger stands on books_match;
drop function books_match_stands();
drop trigger matched on books_matchedline;
drop trigger matched on books_matchedentry;
drop function books_matched();
drop trigger of_its_grant on books_forceline;
drop function books_line_of_its_upload();
drop trigger not_deleted on books_reconciliation;
drop trigger not_deleted on books_adjustment;
drop trigger not_deleted on books_matchedline;
drop trigger not_deleted on books_matchedentry;
drop trigger not_deleted on books_match;
drop trigger append_only on books_periodsnapshot;
drop trigger append_only on books_forceline;
drop trigger append_only on books_forceupload;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("books", "0001_accruals"),
        ("claims", "0010_parts"),
        ("grants", "0012_periods"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ForceUpload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_name", models.CharField(max_length=120)),
                ("sha256", models.CharField(max_length=64)),
                (
                    "columns",
                    models.JSONField(
                        help_text="Which column of the file held what; remembered for the next file."
                    ),
                ),
                ("line_count", models.PositiveIntegerField()),
                (
                    "left_out",
                    models.PositiveIntegerField(
                        help_text="Rows that were on record already, or of no amount."
                    ),
                ),
                ("pence", models.BigIntegerField(help_text="Control total.")),
                ("uploaded_at", models.DateTimeField()),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="force_uploads",
                        to="grants.grant",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "file of the force's ledger",
                "verbose_name_plural": "files of the force's ledger",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(fields=("grant", "sha256"), name="books_forceupload_file_once"),
                    models.CheckConstraint(
                        condition=models.Q(("line_count__gt", 0)), name="books_forceupload_has_lines"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ForceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row", models.PositiveIntegerField(help_text="Its row in the file.")),
                ("booked_on", models.DateField()),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("description", models.CharField(blank=True, max_length=200)),
                ("pence", models.BigIntegerField(help_text="More than nothing is a cost; less gives back.")),
                (
                    "grant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="force_lines",
                        to="grants.grant",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="books.forceupload",
                    ),
                ),
            ],
            options={
                "verbose_name": "line of the force's ledger",
                "verbose_name_plural": "lines of the force's ledger",
                "ordering": ("booked_on", "id"),
                "indexes": [
                    models.Index(fields=["grant", "booked_on", "id"], name="books_forceline_in_order"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("upload", "row"), name="books_forceline_row_once"),
                    models.CheckConstraint(
                        condition=models.Q(("pence", 0), _negated=True), name="books_forceline_has_an_amount"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Match",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("automatic", models.BooleanField(default=False, help_text="By reference and amount.")),
                (
                    "reason",
                    models.CharField(help_text="How it was found, or why somebody says so.", max_length=500),
                ),
                ("made_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_because", models.CharField(blank=True, max_length=500)),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="matches", to="grants.grant"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "matches",
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("undone_at__isnull", True),
                                ("undone_because", ""),
                                ("undone_by__isnull", True),
                            ),
                            models.Q(
                                ("undone_at__isnull", False),
                                ("undone_by__isnull", False),
                                models.Q(("undone_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="books_match_undone_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Adjustment",
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
                            ("timing", "Timing: booked in another period"),
                            ("accrual", "The force accrued it: approved here, not paid"),
                            ("theirs", "An error of the force's ledger, to be corrected there"),
                            ("ours", "An error here, to be corrected by a reversal in an open period"),
                            ("tolerated", "A difference that was tolerated when it was paid"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "pence",
                    models.BigIntegerField(help_text="By how much ours is above theirs on its account."),
                ),
                ("reason", models.CharField(max_length=500)),
                ("deals_with", models.CharField(help_text="Who deals with it.", max_length=120)),
                ("made_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjustments",
                        to="grants.period",
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="claims.settlement",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="books.forceline",
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="books.match",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("line__isnull", True), ("match__isnull", True), ("settlement__isnull", False)
                            ),
                            models.Q(
                                ("line__isnull", False), ("match__isnull", True), ("settlement__isnull", True)
                            ),
                            models.Q(
                                ("line__isnull", True), ("match__isnull", False), ("settlement__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="books_adjustment_of_one_item",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("period", "settlement"),
                        name="books_adjustment_settlement_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("period", "line"),
                        name="books_adjustment_line_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("period", "match"),
                        name="books_adjustment_match_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)),
                            models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="books_adjustment_withdrawn_by_someone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchedEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("live", models.BooleanField(default=True)),
                (
                    "entry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matched",
                        to="grants.ledgerentry",
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="books.match"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "matched entries",
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("live", True)), fields=("entry",), name="books_matchedentry_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchedLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("live", models.BooleanField(default=True)),
                (
                    "line",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="matched",
                        to="books.forceline",
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="books.match"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "matched lines",
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("live", True)), fields=("line",), name="books_matchedline_once"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("prepared", "Prepared, to be signed"),
                            ("signed", "Signed"),
                            ("returned", "Sent back"),
                        ],
                        default="prepared",
                        max_length=8,
                    ),
                ),
                (
                    "ours_pence",
                    models.BigIntegerField(help_text="Settled here up to the last day of the period."),
                ),
                ("theirs_pence", models.BigIntegerField(help_text="Booked by the force up to that day.")),
                ("only_ours_pence", models.BigIntegerField()),
                ("only_theirs_pence", models.BigIntegerField()),
                (
                    "differences_pence",
                    models.BigIntegerField(help_text="Of what matches but not to the penny."),
                ),
                ("adjusted_pence", models.BigIntegerField()),
                ("document", models.TextField()),
                ("sha256", models.CharField(help_text="Of the document.", max_length=64)),
                ("prepared_at", models.DateTimeField()),
                ("signed_at", models.DateTimeField(null=True)),
                ("returned_at", models.DateTimeField(null=True)),
                ("returned_because", models.CharField(blank=True, max_length=500)),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reconciliations",
                        to="grants.period",
                    ),
                ),
                (
                    "prepared_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "returned_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        db_index=False,
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
                    ("reconcile", "Reconciles the ledger with the force's, and signs what another did"),
                ),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "returned"), _negated=True),
                        fields=("period",),
                        name="books_reconciliation_one_a_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "ours_pence",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("theirs_pence"), "+", models.F("only_ours_pence")
                                        ),
                                        "-",
                                        models.F("only_theirs_pence"),
                                    ),
                                    "+",
                                    models.F("differences_pence"),
                                ),
                            )
                        ),
                        name="books_reconciliation_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "ours_pence",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("theirs_pence"), "+", models.F("adjusted_pence")
                                ),
                            )
                        ),
                        name="books_reconciliation_no_difference",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("signed_by__isnull", True),
                            models.Q(("signed_by", models.F("prepared_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="books_reconciliation_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("returned_at__isnull", True),
                                ("returned_because", ""),
                                ("returned_by__isnull", True),
                                ("signed_at__isnull", True),
                                ("signed_by__isnull", True),
                                ("status", "prepared"),
                            ),
                            models.Q(
                                ("returned_at__isnull", True),
                                ("returned_because", ""),
                                ("returned_by__isnull", True),
                                ("signed_at__isnull", False),
                                ("signed_by__isnull", False),
                                ("status", "signed"),
                            ),
                            models.Q(
                                ("returned_at__isnull", False),
                                ("returned_by__isnull", False),
                                ("signed_at__isnull", True),
                                ("signed_by__isnull", True),
                                ("status", "returned"),
                                models.Q(("returned_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="books_reconciliation_steps_have_their_people",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodSnapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "last_number",
                    models.PositiveIntegerField(
                        help_text="The last entry posted up to the end of the period."
                    ),
                ),
                ("document", models.TextField()),
                ("sha256", models.CharField(help_text="Of the document.", max_length=64)),
                ("taken_at", models.DateTimeField()),
                (
                    "period",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="snapshot",
                        to="grants.period",
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reconciliation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="books.reconciliation",
                    ),
                ),
            ],
            options={
                "verbose_name": "snapshot of a period",
                "verbose_name_plural": "snapshots of periods",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="UploadDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file_name", models.CharField(max_length=120)),
                ("sha256", models.CharField(max_length=64)),
                ("header", models.JSONField(help_text="The names of the columns.")),
                ("rows", models.JSONField(help_text="Number and cells of each row below the header.")),
                ("made_at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="grants.grant"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("grant", "by"), name="books_uploaddraft_one_a_person"),
                ],
            },
        ),
        migrations.RunSQL(BOOKS, UNDO),
    ]
