"""Addresses of standards."""

from __future__ import annotations

from django.urls import include, path

from headway.web.standards import figure_views, release_views, school_views

urlpatterns = [
    path("", include("headway.web.standards.authority_urls")),
    path("releases/", release_views.releases, name="releases"),
    path("releases/<int:release_id>/", release_views.release, name="release"),
    path(
        "releases/<int:release_id>/visibility/", release_views.release_visibility, name="release_visibility"
    ),
    path("releases/<int:release_id>/state/", release_views.release_state, name="release_state"),
    path("releases/<int:release_id>/take-back/", release_views.release_take_back, name="release_take_back"),
    path("schools/<int:urn>/", school_views.school_standards, name="school_standards"),
    path("schools/<int:urn>/<slug:page>/", school_views.school_standards, name="school_standards_page"),
    path(
        "schools/<int:urn>/<slug:page>/file.<slug:form>",
        school_views.school_standards_file,
        name="school_standards_file",
    ),
    path(
        "figure/<str:organisation>/<int:year>/<int:years_pooled>/<slug:measure>/<slug:group>/",
        figure_views.figure,
        name="figure",
    ),
    path("receipts/<slug:receipt>/", figure_views.figure_receipt, name="figure_receipt"),
]
