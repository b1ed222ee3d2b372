"""Retention, erasure and the record of processing."""
