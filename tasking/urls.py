"""Addresses of enquiries and taskings: one for each verb."""

from django.urls import path

from tasking.views import costing, duties, enquiries, outcomes, owed, reckoning

app_name = "tasking"
urlpatterns = [
    path("enquiries/", enquiries.enquiries, name="enquiries"),
    path("enquiries/open/", enquiries.open_enquiry, name="open_enquiry"),
    path("enquiries/<int:pk>/", enquiries.enquiry, name="enquiry"),
    path("enquiries/<int:pk>/close/", enquiries.close_enquiry, name="close_enquiry"),
    path("enquiries/<int:pk>/subjects/<int:subject_pk>/entry/", outcomes.record_entry, name="record_entry"),
    path(
        "enquiries/<int:pk>/subjects/<int:subject_pk>/outcome/",
        outcomes.record_outcome,
        name="record_outcome",
    ),
    path("taskings/", duties.taskings, name="taskings"),
    path("taskings/cost/", costing.cost, name="cost"),
    path("how-pay-is-reckoned/", reckoning.how_pay_is_reckoned, name="how_pay_is_reckoned"),
    path("taskings/task/", duties.task, name="task"),
    path("taskings/task/check/", duties.check, name="check"),
    path("taskings/task/issue/", duties.issue, name="issue"),
    path("taskings/<int:pk>/", duties.tasking, name="tasking"),
    path("taskings/<int:pk>/again/", duties.again, name="again"),
    path("taskings/<int:pk>/shorten/", duties.shorten, name="shorten"),
    path("taskings/<int:pk>/cancel/", duties.cancel, name="cancel"),
    path("taskings/officers/<int:assignment_pk>/stand-down/", duties.stand_down, name="stand_down"),
    path("taskings/officers/<int:assignment_pk>/decline/", duties.decline, name="decline"),
    path("time-owed/", owed.time_owed, name="time_owed"),
    path("time-owed/<int:pk>/grant/", owed.grant_time_off, name="grant_time_off"),
    path("time-owed/<int:pk>/not-due/", owed.strike_time_off, name="strike_time_off"),
]
