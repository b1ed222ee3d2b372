"""Headway: evidence, judgement, agreement, action and review for school improvement services."""

__version__ = "0.1.0"
