"""Letters do not go out when nobody can ask what they mean, or not without a warning."""

from __future__ import annotations

from datetime import datetime

import pytest

from headway.web.categories.timing import caution


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 19, 16), ""),  # a Thursday afternoon
        (datetime(2026, 11, 20, 9), ""),  # a Friday morning
        (datetime(2026, 11, 20, 15), "It is Friday afternoon"),
        (datetime(2026, 11, 21, 9), "Nobody is at work today"),
        (datetime(2026, 12, 24, 9), "A holiday begins"),  # Christmas and Boxing Day (in lieu) follow
        (datetime(2026, 4, 2, 9), "A holiday begins"),  # Thursday before Good Friday
        (datetime(2026, 5, 1, 9), "A holiday begins"),  # Friday before the early May bank holiday
        (datetime(2026, 5, 4, 9), "Nobody is at work today"),
        (datetime(2026, 5, 5, 9), ""),
    ],
)
def test_a_letter_waits_for_a_day_when_somebody_answers(moment, words):
    assert caution(moment).startswith(words)
    assert bool(caution(moment)) == bool(words)
