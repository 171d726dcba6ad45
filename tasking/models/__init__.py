"""Subjects and enquiries, duties, rosters, rules of pay, time off, and what came of it all."""

from grants.models import DutyType as DutyType  # rate cards name the kinds of duty too
from tasking.models.duties import Assignment as Assignment
from tasking.models.duties import AssignmentQuerySet as AssignmentQuerySet
from tasking.models.duties import Tasking as Tasking
from tasking.models.duties import TaskingEvent as TaskingEvent
from tasking.models.duties import moments_of as moments_of
from tasking.models.enquiries import Enquiry as Enquiry
from tasking.models.enquiries import Subject as Subject
from tasking.models.enquiries import new_codename as new_codename
from tasking.models.outcomes import EntryAssessment as EntryAssessment
from tasking.models.outcomes import Outcome as Outcome
from tasking.models.rosters import RestDay as RestDay
from tasking.models.rosters import RosteredTour as RosteredTour
from tasking.models.rosters import SubstitutedHoliday as SubstitutedHoliday
from tasking.models.rules import RuleSet as RuleSet
from tasking.models.time_off import TimeOwed as TimeOwed
from tasking.models.time_off import TimeOwedQuerySet as TimeOwedQuerySet
