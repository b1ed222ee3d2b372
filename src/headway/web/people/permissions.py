"""Everything that a person may be permitted to do."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One permission. A role gives some of them, within a scope."""

    SEE_SCHOOLS = "see schools"
    SEE_STANDARDS = "see standards"
    SEE_PUPILS = "see pupils"
    SEE_RESTRICTED_NOTES = "see restricted notes"
    WRITE_NOTES = "write notes"
    KEEP_SCHOOLS = "keep clusters, caseloads and contacts"
    MAKE_PACKS = "make data packs"
    EXPORT = "export figures"
    BULK_EXPORT = "ask for a bulk export of pupil data"
    APPROVE_BULK_EXPORT = "approve a bulk export"
    BREAK_GLASS = "see pupils for a stated reason in an emergency"
    CHECK_RESULTS = "work at the checking desk"
    ASK_SCHOOLS = "ask schools for something"
    ANSWER_ASKS = "answer what is asked of the school"
    SEE_BURDEN = "see what is asked of each school"
    SET_CAP = "set how much may be asked of a school"
    PUBLISH = "publish releases"
    SEE_PROVISIONAL = "see releases not yet shown to schools"
    SEE_AUDIT = "see the audit trail"
    SEE_ACCESS_LOG = "see who looked at the school's pupils"
    SEE_PROTECTION = "see how personal data are protected"
    KEEP_RETENTION = "set how long records are kept, and erase"
    MANAGE_PEOPLE = "invite people and give roles"
    MANAGE_SERVICE = "change settings of the service"
    SEE_CATEGORIES = "see the categories of schools"
    JUDGE_SCHOOLS = "judge schools and propose their category"
    HOLD_ROUNDS = "hold rounds in which schools are categorised"
    ANSWER_CATEGORIES = "answer for the school to its category"
