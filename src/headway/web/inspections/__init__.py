"""Inspections and readiness for them."""
