"""Every address of the service."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("headway.web.people.urls")),
    path("files/", include("headway.web.jobs.urls")),
    path("schools/", include("headway.web.schools.urls")),
    path("asks/", include("headway.web.asks.urls")),
    path("standards/", include("headway.web.standards.urls")),
    path("pupils/", include("headway.web.pupils.urls")),
    path("checking/", include("headway.web.pupils.desk_urls")),
    path("packs/", include("headway.web.packs.urls")),
    path("categories/", include("headway.web.categories.urls")),
    path("inspections/", include("headway.web.inspections.urls")),
    path("data-protection/", include("headway.web.privacy.urls")),
]
handler400 = "headway.web.people.views.bad_request"
handler403 = "headway.web.people.views.refused"
handler404 = "headway.web.people.views.not_found"
handler500 = "headway.web.people.views.failed"
