"""What a duty is made of stands; two rules said nothing where a column was empty (NULL is not false)."""

from django.db import migrations, models

STAND = """
create function tasking_stands() returns trigger language plpgsql as $$
begin
    raise exception 'what % is of stands, and it is ended, not deleted', tg_table_name
        using errcode = 'restrict_violation', constraint = tg_table_name || '_stands';
end $$;
-- Whose duty it is, of which enquiry, and what its time is reckoned from.
create trigger stands before update on tasking_assignment for each row
    when ((old.id, old.tasking_id, old.officer_id, old.agency_id, old.duty_on, old.rank, old.grade, old.annual_pay_pence,
           old.agreed_hourly_pence, old.agreed_multiplier, old.casual_occasion, old.follows_tour, old.weekly_minutes_before)
          is distinct from
          (new.id, new.tasking_id, new.officer_id, new.agency_id, new.duty_on, new.rank, new.grade, new.annual_pay_pence,
           new.agreed_hourly_pence, new.agreed_multiplier, new.casual_occasion, new.follows_tour, new.weekly_minutes_before))
    execute function tasking_stands();
create trigger not_deleted before delete on tasking_assignment for each row execute function tasking_stands();
create trigger stands before update on tasking_tasking for each row
    when ((old.id, old.enquiry_id, old.issued_by_id, old.issued_at, old.told_at)
          is distinct from (new.id, new.enquiry_id, new.issued_by_id, new.issued_at, new.told_at))
    execute function tasking_stands();
create trigger not_deleted before delete on tasking_tasking for each row execute function tasking_stands();
create trigger stands before update on tasking_enquiry for each row
    when ((old.id, old.grant_id, old.line_id) is distinct from (new.id, new.grant_id, new.line_id))
    execute function tasking_stands();
create trigger not_deleted before delete on tasking_enquiry for each row execute function tasking_stands();

create function tasking_enquiry_owns_its_line() returns trigger language plpgsql as $$
begin
    if not exists (select from grants_budgetline
                   where id = new.line_id and grant_id = new.grant_id and not is_main) then
        raise exception 'an enquiry owns a line of its own grant'
            using errcode = 'check_violation', constraint = 'tasking_enquiry_owns_its_line';
    end if;
    return new;
end $$;
create trigger owns_its_line before insert on tasking_enquiry for each row
    execute function tasking_enquiry_owns_its_line();
do $$
begin
    execute format('alter function tasking_enquiry_owns_its_line() set search_path = %I, pg_temp', current_schema());
end $$;

alter table tasking_assignment add constraint tasking_assignment_moments_finite
    check (isfinite(starts_at) and isfinite(ends_at));
"""
UNDO = """
alter table tasking_assignment drop constraint tasking_assignment_moments_finite;
drop trigger owns_its_line on tasking_enquiry;
drop function tasking_enquiry_owns_its_line();
drop trigger not_deleted on tasking_enquiry;
drop trigger stands on tasking_enquiry;
drop trigger not_deleted on tasking_tasking;
drop trigger stands on tasking_tasking;
drop trigger not_deleted on tasking_assignment;
drop trigger stands on tasking_assignment;
drop function tasking_stands();
"""


class Migration(migrations.Migration):
    dependencies = [("tasking", "0002_guards"), ("grants", "0003_harder_books")]
    operations = [
        migrations.RemoveConstraint(model_name="assignment", name="tasking_assignment_one_basis_of_pay"),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("agreed_hourly_pence__isnull", True),
                        ("agreed_multiplier", ""),
                        ("annual_pay_pence__gt", 0),
                        ("annual_pay_pence__isnull", False),
                    ),
                    models.Q(
                        ("agreed_hourly_pence__gt", 0),
                        ("agreed_hourly_pence__isnull", False),
                        ("annual_pay_pence__isnull", True),
                        models.Q(("agreed_multiplier", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="tasking_assignment_one_basis_of_pay",
            ),
        ),
        migrations.RemoveConstraint(model_name="enquiry", name="tasking_enquiry_score_is_stated"),
        migrations.AddConstraint(
            model_name="enquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("entry_score__isnull", True), ("entry_score_by", "")),
                    models.Q(
                        ("entry_score__gte", 0),
                        ("entry_score__isnull", False),
                        models.Q(("entry_score_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="tasking_enquiry_score_is_stated",
            ),
        ),
        migrations.RunSQL(STAND, UNDO),
    ]
