"""Addresses of pupils and of the checking desk."""

from django.urls import path

from headway.web.pupils import desk_views, views

urlpatterns = [
    path("", views.pupils, name="pupils"),
    path("export/", views.export_pupils, name="export_pupils"),
    path("export/<int:request_id>/", views.take_pupils, name="take_pupils"),
    path("checking/", desk_views.checking, name="checking"),
    path(
        "checking/deadline/<str:organisation>/<int:year>/",
        desk_views.checking_deadline,
        name="checking_deadline",
    ),
    path("checking/<int:urn>/<int:year>/", desk_views.school_desk, name="school_desk"),
    path("checking/<int:urn>/<int:year>/file/", desk_views.school_desk_file, name="school_desk_file"),
    path("checking/<int:urn>/<int:year>/<str:candidate>/", desk_views.correction, name="correction"),
    path("<int:urn>/", views.school_pupils, name="school_pupils"),
    path("<int:urn>/find/", views.find_pupil, name="find_pupil"),
    path("<int:urn>/<int:year>/", views.pupil_list, name="pupil_list"),
    path("<int:urn>/<int:year>/file/", views.pupil_list_file, name="pupil_list_file"),
]
