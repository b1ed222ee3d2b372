"""Addresses of schools."""

from django.urls import path

from headway.web.schools import group_views, school_views, views

urlpatterns = [
    path("", views.find_schools, name="find_schools"),
    path("suggest/", views.suggest_schools, name="suggest_schools"),
    path("file/", views.schools_file, name="schools_file"),
    path("map/", views.school_map, name="school_map"),
    path("groups/", group_views.all_groups, name="groups"),
    path("groups/new/", group_views.new_group, name="new_group"),
    path("groups/<str:key>/", group_views.group, name="group"),
    path("groups/<str:key>/join/", group_views.join_group, name="join_group"),
    path("groups/<str:key>/rename/", group_views.rename_group, name="rename_group"),
    path("groups/<str:key>/<int:belonging_id>/leave/", group_views.leave_group, name="leave_group"),
    path("caseloads/", group_views.caseloads, name="caseloads"),
    path("changes/", group_views.school_changes, name="school_changes"),
    path("changes/read/", group_views.changes_read, name="changes_read"),
    path("<int:urn>/", school_views.school, name="school"),
    path("<int:urn>/history/", school_views.school_history, name="school_history"),
    path("<int:urn>/inspections/", school_views.school_inspections, name="school_inspections"),
    path("<int:urn>/as-known/", school_views.school_as_known, name="school_as_known"),
    path("<int:urn>/contacts/", school_views.school_contacts, name="school_contacts"),
    path("<int:urn>/contacts/new/", school_views.school_contact, name="new_contact"),
    path("<int:urn>/contacts/<int:contact_id>/", school_views.school_contact, name="school_contact"),
    path("<int:urn>/contacts/<int:contact_id>/end/", school_views.end_contact, name="end_contact"),
    path("<int:urn>/dates/<int:date_id>/remove/", school_views.remove_key_date, name="remove_key_date"),
    path("<int:urn>/adviser/", school_views.school_adviser, name="school_adviser"),
    path("<int:urn>/notes/", school_views.school_notes, name="school_notes"),
    path("<int:urn>/notes/new/", school_views.new_note, name="new_note"),
    path("<int:urn>/notes/<int:note_id>/", school_views.school_note, name="school_note"),
    path("<int:urn>/notes/<int:note_id>/change/", school_views.change_note, name="change_note"),
]
