"""Addresses of enquiries and taskings: one for each verb."""

from django.urls import path

from tasking import views

app_name = "tasking"
urlpatterns = [
    path("enquiries/", views.enquiries, name="enquiries"),
    path("enquiries/open/", views.open_enquiry, name="open_enquiry"),
    path("enquiries/<int:pk>/", views.enquiry, name="enquiry"),
    path("enquiries/<int:pk>/close/", views.close_enquiry, name="close_enquiry"),
    path("taskings/", views.taskings, name="taskings"),
    path("taskings/task/", views.task, name="task"),
    path("taskings/task/check/", views.check, name="check"),
    path("taskings/task/issue/", views.issue, name="issue"),
    path("taskings/<int:pk>/", views.tasking, name="tasking"),
    path("taskings/<int:pk>/again/", views.again, name="again"),
    path("taskings/<int:pk>/shorten/", views.shorten, name="shorten"),
    path("taskings/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("taskings/officers/<int:assignment_pk>/stand-down/", views.stand_down, name="stand_down"),
    path("taskings/officers/<int:assignment_pk>/decline/", views.decline, name="decline"),
]
