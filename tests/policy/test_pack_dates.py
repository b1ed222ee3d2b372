"""Rules hold from their first day to their last, and say so for any other day."""

from __future__ import annotations

from datetime import date

from headway.policy.packs.dates import holds, outside

FIRST, LAST = date(2008, 9, 1), date(2009, 8, 31)


def test_rules_hold_on_their_first_and_last_day_and_on_no_day_beside_them() -> None:
    days = (date(2008, 8, 31), FIRST, LAST, date(2009, 9, 1))
    assert [holds(FIRST, LAST, day) for day in days] == [False, True, True, False]
    assert holds(FIRST, None, date(2040, 1, 1))


def test_a_day_outside_is_named_with_the_days_between_which_the_rules_hold() -> None:
    assert outside(FIRST, LAST, LAST) == ""
    assert (
        outside(FIRST, LAST, date(2009, 9, 1))
        == "from 1 September 2008 to 31 August 2009; 1 September 2009 lies outside"
    )
    assert outside(FIRST, None, date(2008, 8, 31)) == "from 1 September 2008 on; 31 August 2008 lies outside"
