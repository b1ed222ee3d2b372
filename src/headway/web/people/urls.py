"""Addresses of people."""

from django.urls import include, path

from headway.web.people import people_views, record_views, views

urlpatterns = [
    path("", views.today, name="today"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("health/", views.health, name="health"),
    path("logo/<str:name>", views.logo, name="logo"),
    path("account/", views.my_account, name="my_account"),
    path("account/", include("headway.web.people.account_urls")),
    path("invitation/<str:secret>/", people_views.accept_invitation, name="accept_invitation"),
    path("people/", people_views.people, name="people"),
    path("people/invite/", people_views.invite, name="invite"),
    path(
        "people/invitations/<int:invitation_id>/withdraw/",
        people_views.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path(
        "people/invitations/<int:invitation_id>/resend/",
        people_views.resend_invitation,
        name="resend_invitation",
    ),
    path("people/roles/", people_views.roles, name="roles"),
    path("people/roles/<slug:role>/", people_views.narrow_role, name="narrow_role"),
    path("people/<int:person_id>/", people_views.person, name="person"),
    path("people/<int:person_id>/roles/<int:held_id>/end/", people_views.end_role, name="end_role"),
    path("people/<int:person_id>/close/", people_views.close_account, name="close_account"),
    path("people/<int:person_id>/open/", people_views.open_account, name="open_account"),
    path("settings/", people_views.service_settings, name="service_settings"),
    path("trail/", record_views.trail, name="trail"),
    path("trail/file/", record_views.trail_file, name="trail_file"),
    path("access-log/", record_views.access_log, name="access_log"),
    path("access-log/<int:glass_id>/seen/", record_views.emergency_seen, name="emergency_seen"),
    path("purpose/<str:organisation>/", record_views.purpose, name="purpose"),
    path("emergency/<str:organisation>/", record_views.emergency, name="emergency"),
    path("exports/", record_views.exports, name="exports"),
    path("exports/<int:request_id>/", record_views.export_request, name="export_request"),
]
