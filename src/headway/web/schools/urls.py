"""Addresses of schools."""

from django.urls import path

from headway.web.schools import views

urlpatterns = [
    path("", views.find_schools, name="find_schools"),
    path("<int:urn>/", views.school, name="school"),
]
