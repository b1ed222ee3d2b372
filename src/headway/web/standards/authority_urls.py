"""Addresses of the pages about an authority and its schools together."""

from django.urls import path

from headway.web.standards import across_views, authority_views

urlpatterns = [
    path("", authority_views.headlines, name="headlines"),
    path("across/", across_views.across, name="across"),
    path("across/<slug:form>/", across_views.across_file, name="across_file"),
    path("gaps/", authority_views.gaps, name="gaps"),
    path("floor/", authority_views.floor, name="floor"),
    path("neighbours/", authority_views.neighbours, name="neighbours"),
]
