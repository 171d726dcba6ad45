"""What guards approval: interests, samples of what is approved together, evidence, claims held back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STAND = """
create function claims_claim_guarded() returns trigger language plpgsql as $$
begin
    if new.status <> 'reversed' and exists (
        select from claims_freeze where claim_id = new.id and released_at is null) then
        perform claims_refuse('the claim is held back', 'claims_claim_not_held_back');
    end if;
    if new.status in ('certified', 'approved') and exists (
        select from claims_interest
        where ended_at is null and (officer_id = new.claimant_id or agency_id = new.agency_id)
          and person_id = case new.status when 'approved' then new.approved_by_id else new.certified_by_id end) then
        perform claims_refuse('who decides declared an interest', 'claims_claim_no_interest');
    end if;
    return new;
end $$;
create trigger guarded before update on claims_claim for each row
    when (old.status <> new.status) execute function claims_claim_guarded();
create trigger append_only before update or delete on claims_evidence
    for each row execute function audit_refuse_change();
create trigger append_only before update or delete on claims_bulkapproval
    for each row execute function audit_refuse_change();
create trigger ended_stands before update on claims_interest for each row
    when (old.ended_at is not null
          or (old.id, old.person_id, old.officer_id, old.agency_id, old.what, old.declared_at)
          is distinct from (new.id, new.person_id, new.officer_id, new.agency_id, new.what, new.declared_at))
    execute function audit_refuse_change();
create trigger not_deleted before delete on claims_interest for each row execute function audit_refuse_change();
create trigger released_stands before update on claims_freeze for each row
    when (old.released_at is not null
          or (old.id, old.claim_id, old.reason, old.frozen_by_id, old.frozen_at)
          is distinct from (new.id, new.claim_id, new.reason, new.frozen_by_id, new.frozen_at))
    execute function audit_refuse_change();
create trigger not_deleted before delete on claims_freeze for each row execute function audit_refuse_change();
create trigger decided_stands before update on claims_sampled for each row
    when (old.outcome <> 'waiting'
          or (old.id, old.bulk_id, old.claim_id, old.revision, old.is_sample)
          is distinct from (new.id, new.bulk_id, new.claim_id, new.revision, new.is_sample))
    execute function audit_refuse_change();
create trigger not_deleted before delete on claims_sampled for each row execute function audit_refuse_change();
do $$
begin
    execute format('alter function claims_claim_guarded() set search_path = %I, pg_temp', current_schema());
end $$;
"""
UNDO = """
drop trigger not_deleted on claims_sampled;
drop trigger decided_stands on claims_sampled;
drop trigger not_deleted on claims_freeze;
drop trigger released_stands on claims_freeze;
drop trigger not_deleted on claims_interest;
drop trigger ended_stands on claims_interest;
drop trigger append_only on claims_bulkapproval;
drop trigger append_only on claims_evidence;
drop trigger guarded on claims_claim;
drop function claims_claim_guarded();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_points_stand"),
        ("claims", "0006_lines_add_up"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="verb",
            field=models.CharField(
                choices=[
                    ("asked", "Asked for more time"),
                    ("granted", "More time granted"),
                    ("refused", "More time refused"),
                    ("submitted", "Submitted"),
                    ("certified", "Certified"),
                    ("returned", "Returned"),
                    ("withdrawn", "Withdrawn"),
                    ("approved", "Approved"),
                    ("rejected", "Rejected"),
                    ("settled", "Settled"),
                    ("reversed", "Reversed"),
                    ("evidence", "Evidence added"),
                    ("frozen", "Held back"),
                    ("released", "No longer held back"),
                ],
                max_length=9,
            ),
        ),
        migrations.CreateModel(
            name="BulkApproval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("drawn_at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bulk_approvals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Sampled",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("revision", models.PositiveIntegerField()),
                ("is_sample", models.BooleanField(default=False)),
                ("opened_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("approved", "Approved"), ("refused", "Refused")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("refusal", models.TextField(blank=True, help_text="Code and reason, if it was refused.")),
                (
                    "bulk",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="claims.bulkapproval",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="claims.claim"
                    ),
                ),
            ],
            options={
                "ordering": ("bulk", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("bulk", "claim"), name="claims_sampled_once_a_bulk"),
                ],
            },
        ),
        migrations.AddField(
            model_name="bulkapproval",
            name="claims",
            field=models.ManyToManyField(
                related_name="bulk_approvals", through="claims.Sampled", to="claims.claim"
            ),
        ),
        migrations.CreateModel(
            name="Evidence",
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
                            ("duty_record", "Duty record"),
                            ("timesheet", "Timesheet of the agency"),
                            ("rate_letter", "Rate letter"),
                            ("substituted_day", "Approval of a substituted holiday"),
                            ("other", "Something else"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        blank=True, help_text="Where the record is: system, number, page.", max_length=200
                    ),
                ),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Where the file lies in private storage.", max_length=120
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="What the file was called.", max_length=120)),
                ("content_type", models.CharField(blank=True, max_length=60)),
                ("size", models.PositiveIntegerField(default=0, help_text="Bytes.")),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("marking", models.CharField(max_length=80)),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="claims.claim",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
                "ordering": ("id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reference", ""), _negated=True),
                            models.Q(("path", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="claims_evidence_says_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("path", ""), ("sha256", "")),
                            models.Q(
                                models.Q(("path", ""), _negated=True), ("sha256__regex", "^[0-9a-f]{64}$")
                            ),
                            _connector="OR",
                        ),
                        name="claims_evidence_file_has_its_digest",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Freeze",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.TextField()),
                ("frozen_at", models.DateTimeField()),
                ("released_at", models.DateTimeField(null=True)),
                ("release_reason", models.TextField(blank=True)),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="freezes", to="claims.claim"
                    ),
                ),
                (
                    "frozen_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "ordering": ("-id",),
                "permissions": (
                    ("freeze_claim", "Holds claims back on suspicion, and sees why they are held"),
                ),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("released_at__isnull", True)),
                        fields=("claim",),
                        name="claims_freeze_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("release_reason", ""),
                                ("released_at__isnull", True),
                                ("released_by__isnull", True),
                            ),
                            models.Q(
                                ("released_at__isnull", False),
                                ("released_by__isnull", False),
                                models.Q(("release_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="claims_freeze_released_with_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Interest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(help_text="What the tie is, without private detail.", max_length=500),
                ),
                ("declared_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_because", models.CharField(blank=True, max_length=500)),
                (
                    "agency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.agency",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="interests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "permissions": (("read_interests", "Reads the interests that others declared"),),
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at", None)),
                        fields=["person"],
                        name="claims_interest_in_force",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agency__isnull", True), ("officer__isnull", False)),
                            models.Q(("agency__isnull", False), ("officer__isnull", True)),
                            _connector="OR",
                        ),
                        name="claims_interest_in_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("officer__isnull", True),
                            models.Q(("officer", models.F("person")), _negated=True),
                            _connector="OR",
                        ),
                        name="claims_interest_in_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_because", "")),
                            models.Q(
                                ("ended_at__isnull", False), models.Q(("ended_because", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="claims_interest_ended_with_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
