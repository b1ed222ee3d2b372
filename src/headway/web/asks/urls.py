"""Addresses of asks."""

from django.urls import path

from headway.web.asks import views

urlpatterns = [
    path("", views.asks, name="asks"),
    path("file/", views.asks_file, name="asks_file"),
    path("<int:ask_id>/", views.ask, name="ask"),
    path("sent/", views.asks_sent, name="asks_sent"),
    path("sent/file/", views.asks_sent_file, name="asks_sent_file"),
    path("sent/<int:ask_id>/", views.ask_sent, name="ask_sent"),
    path("sent/<int:ask_id>/withdraw/", views.withdraw_ask, name="withdraw_ask"),
    path("sent/<int:ask_id>/remind/", views.remind_of_ask, name="remind_of_ask"),
    path("new/", views.new_ask, name="new_ask"),
    path("burden/", views.asks_burden, name="asks_burden"),
    path("burden/file/", views.asks_burden_file, name="asks_burden_file"),
    path("burden/<int:urn>/", views.school_burden, name="school_burden"),
    path("cap/", views.asks_cap, name="asks_cap"),
]
