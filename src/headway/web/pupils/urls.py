"""Addresses of pupils."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
