from django.urls import path

from claims.views import claiming, deciding, late, parts, reading, returning, safeguards, together

app_name = "claims"
urlpatterns = [
    path("claims/", reading.claims, name="claims"),
    path("claims/approve-clean/", together.approve_clean, name="approve_clean"),
    path("claims/together/<int:pk>/", together.bulk, name="together"),
    path("claims/return/", returning.return_together, name="return_together"),
    path("claims/late/", late.late_list_page, name="late"),
    path("claims/late/<int:pk>/", late.late_claim, name="late_claim"),
    path("taskings/released/", late.released, name="released"),
    path("duties/<int:assignment_pk>/late/", late.ask_for_exception, name="ask_late"),
    path("claims/interests/", safeguards.interests, name="interests"),
    path("claims/interests/<int:interest_pk>/end/", safeguards.end_interest, name="end_interest"),
    path("claims/<int:pk>/", reading.claim, name="claim"),
    path("claims/<int:pk>/evidence/add/", safeguards.add_evidence, name="add_evidence"),
    path("claims/<int:pk>/evidence/<int:evidence_pk>/", safeguards.evidence_file, name="evidence_file"),
    path("claims/<int:pk>/hold-back/", safeguards.hold_back, name="hold_back"),
    path("claims/<int:pk>/let-go-on/", safeguards.let_go_on, name="let_go_on"),
    path("claims/<int:pk>/answer/", claiming.answer, name="answer"),
    path("claims/<int:pk>/withdraw/", claiming.withdraw, name="withdraw"),
    path("claims/<int:pk>/certify/", deciding.certify, name="certify"),
    path("claims/<int:pk>/return/", deciding.return_claim, name="return"),
    path("claims/<int:pk>/approve/", deciding.approve, name="approve"),
    path("claims/<int:pk>/approve-part/", parts.approve_part, name="approve_part"),
    path("claims/<int:pk>/dispute/", parts.dispute, name="dispute"),
    path("claims/<int:pk>/answer-dispute/", parts.answer_dispute, name="answer_dispute"),
    path("claims/<int:pk>/reject/", deciding.reject, name="reject"),
    path("claims/<int:pk>/reverse/", deciding.reverse, name="reverse"),
    path("claims/<int:pk>/more-time/", deciding.more_time, name="more_time"),
    path("duties/<int:assignment_pk>/worked-as-planned/", claiming.as_planned, name="as_planned"),
    path("duties/<int:assignment_pk>/other-times/", claiming.other_times, name="other_times"),
]
