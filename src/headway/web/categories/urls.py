"""Addresses of categories."""

from django.urls import path

from headway.web.categories import scheme_views, views

urlpatterns = [
    path("", views.categories, name="categories"),
    path("open/", views.open_round, name="open_round"),
    path("rounds/<int:round_id>/", views.round_, name="round"),
    path("rounds/<int:round_id>/schools.csv", views.round_file, name="round_file"),
    path("rounds/<int:round_id>/send/", views.send_round, name="send_round"),
    path("rounds/<int:round_id>/publish/", views.publish_round, name="publish_round"),
    path("rounds/<int:round_id>/what-if/", views.what_if, name="what_if"),
    path("standings/<int:standing_id>/", views.standing, name="standing"),
    path("standings/<int:standing_id>/judge/<str:criterion>/", views.judge, name="judge"),
    path("standings/<int:standing_id>/propose/", views.propose, name="propose_category"),
    path("standings/<int:standing_id>/sign/", views.sign, name="sign_category"),
    path("standings/<int:standing_id>/change/", views.change_category, name="change_category"),
    path("standings/<int:standing_id>/change/<int:change_id>/sign/", views.sign_change, name="sign_change"),
    path("standings/<int:standing_id>/answer/", views.answer, name="answer_category"),
    path("standings/<int:standing_id>/reply/", views.reply, name="reply_category"),
    path("standings/<int:standing_id>/letter.<str:form>", views.standing_letter, name="standing_letter"),
    path("school/<int:urn>/", views.school_category, name="school_category"),
    path("schemes/", scheme_views.schemes, name="schemes"),
    path("schemes/<slug:key>/", scheme_views.scheme, name="scheme"),
    path("schemes/<slug:key>/copy/", scheme_views.copy_scheme, name="copy_scheme"),
    path("own-schemes/<int:copy_id>/", scheme_views.own_scheme, name="own_scheme"),
    path("own-schemes/<int:copy_id>/adopt/", scheme_views.adopt_scheme, name="adopt_scheme"),
]
