"""Every address of the service."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("headway.web.people.urls")),
    path("schools/", include("headway.web.schools.urls")),
    path("standards/", include("headway.web.standards.urls")),
]
handler400 = "headway.web.people.views.bad_request"
handler403 = "headway.web.people.views.refused"
handler404 = "headway.web.people.views.not_found"
handler500 = "headway.web.people.views.failed"
