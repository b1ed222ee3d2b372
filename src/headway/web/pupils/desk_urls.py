"""Addresses of the checking desk."""

from django.urls import path

from headway.web.pupils import desk_views

urlpatterns = [
    path("", desk_views.checking, name="checking"),
    path(
        "deadline/<str:organisation>/<int:year>/",
        desk_views.checking_deadline,
        name="checking_deadline",
    ),
    path("<int:urn>/<int:year>/", desk_views.school_desk, name="school_desk"),
    path("<int:urn>/<int:year>/file/", desk_views.school_desk_file, name="school_desk_file"),
    path("<int:urn>/<int:year>/<str:candidate>/", desk_views.correction, name="correction"),
]
