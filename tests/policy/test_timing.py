"""Letters are not released late on a Friday or before a holiday without a warning."""

from __future__ import annotations

from datetime import date, datetime

from headway.policy.calendars import england
from headway.policy.timing import release_warnings

TERM = england().with_school_holidays([(date(2026, 10, 26), date(2026, 10, 30))])


def test_a_tuesday_morning_needs_no_warning() -> None:
    assert release_warnings(datetime(2026, 11, 10, 9, 0), TERM) == ()
    assert release_warnings(datetime(2026, 11, 13, 9, 0), TERM) == ()  # early on a Friday


def test_late_on_a_friday_is_warned_of_with_a_better_day() -> None:
    (found,) = release_warnings(datetime(2026, 11, 13, 15, 30), TERM)
    assert "late on a Friday" in found
    assert found.endswith("Better: Tuesday 17 November 2026.")


def test_the_last_day_before_a_holiday_is_warned_of() -> None:
    found = release_warnings(datetime(2026, 10, 23, 9, 0), TERM)
    assert len(found) == 1
    assert "the next is Monday 2 November 2026" in found[0]
    assert "Better: Tuesday 3 November 2026." in found[0]
    assert len(release_warnings(datetime(2026, 10, 23, 16, 0), TERM)) == 2
    before_easter = release_warnings(datetime(2026, 4, 2, 9, 0), TERM)  # Maundy Thursday
    assert "the next is Tuesday 7 April 2026" in before_easter[0]


def test_a_day_without_school_and_a_short_time_to_reply_are_warned_of() -> None:
    (found,) = release_warnings(datetime(2026, 10, 28, 9, 0), TERM)
    assert "no school day" in found
    (found,) = release_warnings(datetime(2026, 10, 20, 9, 0), TERM, reply_by=date(2026, 11, 3))
    assert "leaves 5 school days" in found
    assert release_warnings(datetime(2026, 11, 10, 9, 0), TERM, reply_by=date(2026, 11, 24)) == ()
