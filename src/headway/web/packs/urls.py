"""Addresses of packs."""

from django.urls import path

from headway.web.packs import views

urlpatterns = [
    path("", views.packs, name="packs"),
    path("school/<int:urn>/", views.school_packs, name="school_packs"),
    path("authority/<slug:code>/", views.authority_pack, name="authority_pack"),
    path("template/", views.word_template, name="word_template"),
    path("template/remove/", views.remove_word_template, name="remove_word_template"),
]
