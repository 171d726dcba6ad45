"""Disclosures, with the guards that let only the course of their making be written, and nothing once it is over."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

STANDS = """
create trigger finished_stands before update on disclosure_disclosure for each row
    when (old.status in ('ready', 'failed')
          or (old.id, old.kind, old.grant_id, old.requested_by_id, old.requested_at, old.recipient, old.reason,
              old.filters, old.marking)
          is distinct from (new.id, new.kind, new.grant_id, new.requested_by_id, new.requested_at, new.recipient,
              new.reason, new.filters, new.marking))
    execute function audit_refuse_change();
create trigger not_deleted before delete on disclosure_disclosure
    for each row execute function audit_refuse_change();
"""
UNDO = """
drop trigger not_deleted on disclosure_disclosure;
drop trigger finished_stands on disclosure_disclosure;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("audit", "0004_control_spoke"),
        ("grants", "0011_claim_basis"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Disclosure",
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
                            ("audit_pack", "Audit pack"),
                            ("publication", "Publication extract"),
                            ("foi", "Answer to a request for information"),
                        ],
                        max_length=11,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("recipient", models.CharField(help_text="Who is to get it.", max_length=200)),
                ("reason", models.CharField(help_text="What it is for.", max_length=500)),
                ("filters", models.JSONField(blank=True, default=dict, help_text="What it was asked with.")),
                ("marking", models.CharField(max_length=80)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting to be made"),
                            ("making", "Being made"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                (
                    "progress",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How much of it is made, in percent."
                    ),
                ),
                ("step", models.CharField(blank=True, help_text="What is being made.", max_length=80)),
                (
                    "tries",
                    models.PositiveSmallIntegerField(default=0, help_text="How often its making was begun."),
                ),
                ("rows", models.PositiveIntegerField(default=0)),
                ("name", models.CharField(blank=True, help_text="What the file is called.", max_length=120)),
                (
                    "path",
                    models.CharField(
                        blank=True, help_text="Where it lies in private storage.", max_length=120
                    ),
                ),
                ("size", models.PositiveBigIntegerField(default=0, help_text="Bytes.")),
                ("sha256", models.CharField(blank=True, help_text="Of the file, in hex.", max_length=64)),
                ("error", models.CharField(blank=True, help_text="Why it failed.", max_length=300)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disclosures",
                        to="grants.grant",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "permissions": (("make_audit_pack", "Makes and takes out audit packs"),),
                "default_permissions": ("view",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("progress__lte", 100)), name="disclosure_disclosure_in_percent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True),
                            models.Q(("recipient", ""), _negated=True),
                        ),
                        name="disclosure_disclosure_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("error", ""),
                                ("finished_at__isnull", True),
                                ("path", ""),
                                ("status__in", ("waiting", "making")),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("path", ""),
                                ("status", "failed"),
                                models.Q(("error", ""), _negated=True),
                            ),
                            models.Q(
                                ("error", ""),
                                ("finished_at__isnull", False),
                                ("sha256__regex", "^[0-9a-f]{64}$"),
                                ("status", "ready"),
                                models.Q(("path", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="disclosure_disclosure_finished_whole",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "audit_pack"), ("status__in", ("waiting", "making"))),
                        fields=("grant",),
                        name="disclosure_disclosure_one_pack_at_a_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STANDS, UNDO),
    ]
