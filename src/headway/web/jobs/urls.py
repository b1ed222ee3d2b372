"""Addresses of jobs."""

from django.urls import path

from headway.web.jobs import views

urlpatterns = [
    path("", views.your_files, name="your_files"),
    path("<int:job_id>/", views.job, name="job"),
    path("<int:job_id>/progress/", views.job_progress, name="job_progress"),
    path("<int:job_id>/stop/", views.cancel_job, name="cancel_job"),
    path("<int:job_id>/again/", views.retry_job, name="retry_job"),
    path("<int:job_id>/file/<int:file_id>/", views.job_file, name="job_file"),
]
