"""F25, academies and the regulator: the acceptance example of domain.md, as far as it needs no service."""

from __future__ import annotations

from datetime import date

import pytest

from headway.policy.packs.checking import PackError
from headway.policy.regulator import OFSTED, REGIONS_GROUP, closed, has_statutory_powers, notify, replied


def test_ac1_an_academy_is_notified_to_the_regulator_with_a_reply_due_in_twenty_days() -> None:
    assert not has_statutory_powers("academy")
    told = notify(
        "school:900518",
        "academy",
        "Results below England's for three years",
        ("Key stage 2 reading, writing and mathematics in 2024 is 8 of 37 pupils (21.6 %).",),
        date(2026, 11, 2),
        ofsted=True,
    )
    assert told.recipients == (REGIONS_GROUP, OFSTED)
    assert told.reply_due == date(2026, 11, 22)
    assert (
        told.summary(date(2026, 11, 10))
        == "no LA power; notified on 2 November 2026 (DfE Regions Group and Ofsted); reply due by 22 November 2026"
    )
    assert not told.overdue(date(2026, 11, 22))
    assert told.overdue(date(2026, 11, 23))
    assert told.summary(date(2026, 11, 23)).endswith("which is past")
    answered = replied(told, date(2026, 11, 20), "A visit is arranged.")
    assert answered.summary(date(2026, 11, 23)).endswith("replied on 20 November 2026")
    over = closed(answered, date(2027, 1, 15), "Support agreed.")
    assert over.summary(date(2027, 2, 1)).endswith("closed on 15 January 2027: Support agreed.")


def test_ac1_a_maintained_school_is_the_authoritys_own_to_act_on() -> None:
    assert has_statutory_powers("maintained")
    assert not has_statutory_powers(None)
    with pytest.raises(PackError, match="acts on the concern itself"):
        notify("school:1", "maintained", "Concern", ("Evidence",), date(2026, 11, 2))


def test_ac1_a_notification_without_evidence_is_none() -> None:
    with pytest.raises(ValueError, match="on which evidence"):
        notify("school:1", "academy", "Concern", (), date(2026, 11, 2))
