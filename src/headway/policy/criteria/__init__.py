"""Criteria: one file each, with `judge(profile, settings) -> Judgement`.

A criterion never guesses: where a figure is missing, suppressed, of too few pupils or rounded across the
threshold, its level is `cannot say` and it says why.
"""
