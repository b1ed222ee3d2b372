"""Addresses of pupil lists."""

from django.urls import path

from headway.web.pupils import views

urlpatterns = [
    path("", views.pupils, name="pupils"),
    path("export/", views.export_pupils, name="export_pupils"),
    path("export/<int:request_id>/", views.take_pupils, name="take_pupils"),
    path("<int:urn>/", views.school_pupils, name="school_pupils"),
    path("<int:urn>/find/", views.find_pupil, name="find_pupil"),
    path("<int:urn>/<int:year>/", views.pupil_list, name="pupil_list"),
    path("<int:urn>/<int:year>/file/", views.pupil_list_file, name="pupil_list_file"),
]
