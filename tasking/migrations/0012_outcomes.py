"""Entry assessments and outcomes of subjects; the score of an enquiry becomes that of each of its subjects."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A score that was stated with a fraction is kept in words beside the whole number.
COPY = """
insert into tasking_entryassessment (enquiry_id, subject_id, score, scale, scale_most, assessed_on, assessed_by,
                                     reason, recorded_by_id, recorded_at, capacity)
select enquiry.id, against.subject_id, round(enquiry.entry_score), 'MoRiLE', null, enquiry.opened_on,
       enquiry.entry_score_by,
       case when enquiry.entry_score <> trunc(enquiry.entry_score) then 'Stated as ' || enquiry.entry_score else '' end,
       enquiry.opened_by_id, enquiry.opened_on::timestamp at time zone 'Europe/London' + interval '12 hours', ''
from tasking_enquiry enquiry join tasking_enquiry_subjects against on against.enquiry_id = enquiry.id
where enquiry.entry_score is not null
order by enquiry.id, against.subject_id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tasking", "0011_cost_types"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EntryAssessment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "score",
                    models.PositiveIntegerField(help_text="A whole number, as stated; never computed here."),
                ),
                ("scale", models.CharField(help_text="What it is scored by, such as MoRiLE.", max_length=60)),
                (
                    "scale_most",
                    models.PositiveIntegerField(
                        help_text="The highest score of the scale; empty where it was never stated.",
                        null=True,
                    ),
                ),
                ("assessed_on", models.DateField()),
                ("assessed_by", models.CharField(help_text="Role and number of the analyst.", max_length=80)),
                ("reason", models.CharField(blank=True, help_text="Why it was corrected.", max_length=300)),
                ("recorded_at", models.DateTimeField()),
                ("capacity", models.CharField(blank=True, max_length=40)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Outcome",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("charged", "Charged"),
                            ("arrested", "Arrested, not charged yet"),
                            ("disrupted", "Disrupted otherwise"),
                            ("referred", "Referred to another agency"),
                            ("no_action", "No further action"),
                            ("open", "Still open"),
                            ("other", "Other"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "words",
                    models.CharField(
                        blank=True, help_text="What it was, where it is another result.", max_length=200
                    ),
                ),
                (
                    "came_on",
                    models.DateField(help_text="The day of the result; of one still open, as at which day."),
                ),
                (
                    "disruption",
                    models.CharField(
                        choices=[
                            ("major", "Major"),
                            ("moderate", "Moderate"),
                            ("minor", "Minor"),
                            ("none", "None"),
                        ],
                        max_length=8,
                        verbose_name="level of disruption",
                    ),
                ),
                (
                    "exit_score",
                    models.PositiveIntegerField(help_text="On the scale of the entry assessment.", null=True),
                ),
                (
                    "exit_by",
                    models.CharField(
                        blank=True,
                        help_text="Role and number of the analyst who stated the exit score.",
                        max_length=80,
                    ),
                ),
                (
                    "reason",
                    models.CharField(blank=True, help_text="Why it was recorded anew.", max_length=300),
                ),
                ("recorded_at", models.DateTimeField()),
                ("capacity", models.CharField(blank=True, max_length=40)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AddField(
            model_name="entryassessment",
            name="enquiry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entry_assessments",
                to="tasking.enquiry",
            ),
        ),
        migrations.AddField(
            model_name="entryassessment",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="entryassessment",
            name="replaces",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="tasking.entryassessment",
            ),
        ),
        migrations.AddField(
            model_name="entryassessment",
            name="subject",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entry_assessments",
                to="tasking.subject",
            ),
        ),
        migrations.AddField(
            model_name="outcome",
            name="enquiry",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="outcomes", to="tasking.enquiry"
            ),
        ),
        migrations.AddField(
            model_name="outcome",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="outcome",
            name="replaces",
            field=models.OneToOneField(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="tasking.outcome",
            ),
        ),
        migrations.AddField(
            model_name="outcome",
            name="subject",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="outcomes", to="tasking.subject"
            ),
        ),
        migrations.AddConstraint(
            model_name="entryassessment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaces__isnull", True)),
                fields=("enquiry", "subject"),
                name="tasking_entryassessment_first_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="entryassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("scale_most__isnull", True),
                    models.Q(("scale_most__gt", 0), ("score__lte", models.F("scale_most"))),
                    _connector="OR",
                ),
                name="tasking_entryassessment_on_its_scale",
            ),
        ),
        migrations.AddConstraint(
            model_name="entryassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("scale", ""), _negated=True), models.Q(("assessed_by", ""), _negated=True)
                ),
                name="tasking_entryassessment_is_stated",
            ),
        ),
        migrations.AddConstraint(
            model_name="entryassessment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replaces__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="tasking_entryassessment_correction_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.UniqueConstraint(
                condition=models.Q(("replaces__isnull", True)),
                fields=("enquiry", "subject"),
                name="tasking_outcome_first_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("result", "other"), models.Q(("words", ""), _negated=True)),
                    models.Q(models.Q(("result", "other"), _negated=True), ("words", "")),
                    _connector="OR",
                ),
                name="tasking_outcome_other_in_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("exit_by", ""), ("exit_score__isnull", True)),
                    models.Q(
                        ("exit_score__isnull", False),
                        models.Q(("exit_by", ""), _negated=True),
                        models.Q(("result", "open"), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="tasking_outcome_score_is_stated",
            ),
        ),
        migrations.AddConstraint(
            model_name="outcome",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("replaces__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                ),
                name="tasking_outcome_correction_says_why",
            ),
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]
