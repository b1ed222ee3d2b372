"""Pupil lists and the checking desk."""
