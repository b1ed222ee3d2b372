"""Rounds in which schools are categorised."""
