"""What kind of school it is, from its ages, phase and type; and who is responsible for it."""

from __future__ import annotations

_BY_PHASE = {
    "nursery": "nursery",
    "middle deemed primary": "middle",
    "middle deemed secondary": "middle",
    "secondary": "secondary",
    "all-through": "all-through",
    "all through": "all-through",
    "16 plus": "16 plus",
}


def kind_of_school(
    low_age: int | None,
    high_age: int | None,
    phase: str | None = None,
    type: str | None = None,  # noqa: A002 - the register's word
) -> str:
    """Infant, first, junior, middle, primary, special, nursery …, as the field calls it.

    The type decides first (special, alternative provision, independent, children's centre), then the
    phase of education, then the statutory ages: to 7 infant, to 8, 9 or 10 first, from 7 junior, else primary. With neither
    phase nor ages the answer is "unknown". Words as in DfE's register of schools.
    """
    kind = (type or "").casefold()
    stage = (phase or "").casefold()
    for part, name in (
        ("special", "special"),
        ("pupil referral", "alternative provision"),
        ("alternative provision", "alternative provision"),
        ("independent", "independent"),
        ("children's centre", "children's centre"),
        ("nursery", "nursery"),
    ):
        if part in kind:
            return name
    if stage in _BY_PHASE:
        return _BY_PHASE[stage]
    if low_age is None or high_age is None:
        return "primary" if stage == "primary" else "unknown"
    return _by_ages(low_age, high_age)


def _by_ages(low_age: int, high_age: int) -> str:
    if high_age <= 5:
        return "nursery"
    if low_age >= 16:
        return "16 plus"
    if low_age >= 11:
        return "secondary"
    if high_age >= 16:
        return "all-through" if low_age < 7 else "secondary"
    if low_age < 7:
        if high_age <= 7:
            return "infant"
        return "first" if high_age <= 10 else "primary"
    if high_age <= 11 or (low_age == 7 and high_age == 12):
        return "junior"
    return "middle"


def responsible_body(type: str | None, type_group: str | None) -> str:  # noqa: A002 - the register's word
    """*maintained* (by its authority), *academy* (a trust's, free schools included), *independent* or *other*.

    Who is responsible decides which statutory powers an authority has: it cannot warn an academy.
    """
    kind, group = (type or "").casefold(), (type_group or "").casefold()
    if group in ("academies", "free schools") or any(
        word in kind for word in ("academy", "free school", "technical college", "studio school")
    ):
        return "academy"
    if "independent" in kind or "independent" in group:
        return "independent"
    if "non-maintained" in kind:
        return "other"
    if group == "local authority maintained schools" or any(
        word in kind
        for word in ("community", "voluntary", "foundation", "pupil referral", "local authority nursery")
    ):
        return "maintained"
    return "other"
