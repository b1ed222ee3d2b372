"""Addresses of privacy."""

from django.urls import path

from headway.web.privacy import views

urlpatterns = [
    path("", views.data_protection, name="data_protection"),
    path("retention/", views.retention, name="retention"),
    path("retention/<str:kind>/", views.retention_period, name="retention_period"),
    path("due/", views.retention_due, name="retention_due"),
    path("due/erase/", views.erase_due, name="erase_due"),
    path("about-me/", views.about_me, name="about_me"),
    path("about-me/file/", views.about_me_file, name="about_me_file"),
    path("people/<int:person_id>/", views.person_kept, name="person_kept"),
    path("people/<int:person_id>/file/", views.person_kept_file, name="person_kept_file"),
    path("pupil/", views.erase_pupil, name="erase_pupil"),
    path("papers/<slug:paper>/", views.data_protection_paper, name="data_protection_paper"),
    path("papers/<slug:paper>/<slug:form>/", views.data_protection_file, name="data_protection_file"),
    path("notice/", views.privacy_notice, name="privacy_notice"),
]
