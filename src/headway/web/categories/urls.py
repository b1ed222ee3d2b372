"""Addresses of categories."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
