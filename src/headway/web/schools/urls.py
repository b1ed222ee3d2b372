"""Addresses of schools."""

from django.urls import path

from headway.web.schools import school_views, views

urlpatterns = [
    path("", views.find_schools, name="find_schools"),
    path("suggest/", views.suggest_schools, name="suggest_schools"),
    path("file/", views.schools_file, name="schools_file"),
    path("<int:urn>/", school_views.school, name="school"),
]
