"""Addresses of asks."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
