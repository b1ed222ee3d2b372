"""Addresses of people."""

from django.urls import path

from headway.web.people import views

urlpatterns = [
    path("", views.today, name="today"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("health/", views.health, name="health"),
]
