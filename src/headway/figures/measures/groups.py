"""Groups of pupils by which a measure may be split. Not a measure: it defines none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import narwhals as nw


@dataclass(frozen=True)
class Group:
    """A group of pupils: who is in it (a boolean expression over `pupils`; null is no), and its complement.

    `dimension` names the characteristic, so that "the others" are those of the same dimension;
    pupils whose characteristic is unknown are in neither. `complement` is the key of the group it is
    compared with.
    """

    key: str
    title: str
    dimension: str
    member: Callable[[], nw.Expr]
    complement: str | None = None


def _equals(column: str, *values: object) -> Callable[[], nw.Expr]:
    return lambda: nw.col(column).is_in(list(values))


def _born(*months: int) -> Callable[[], nw.Expr]:
    return _equals("birth_month", *months)


def _flag(column: str, wanted: bool) -> Callable[[], nw.Expr]:
    return lambda: nw.col(column) if wanted else ~nw.col(column)


_ETHNICITIES = {
    "white_british": ("White British", ("WBRI", "WENG", "WCOR", "WSCO", "WWEL", "WOWB")),
    "white_other": ("White, other", ("WIRI", "WIRT", "WROM", "WOTH", "WALB", "WEUR", "WEEU", "WWEU", "WOTW")),
    "mixed": ("Mixed", ("MWBC", "MWBA", "MWAS", "MOTH", "MAOE", "MWOE", "MABL", "MWAP", "MWAI", "MOTM")),
    "asian": (
        "Asian",
        ("AIND", "APKN", "ABAN", "AOTH", "AAFR", "ANEP", "ASLT", "AOTA", "AMPK", "AOPK", "AKPA"),
    ),
    "black": (
        "Black",
        ("BCRB", "BAFR", "BOTH", "BNGN", "BGHA", "BSOM", "BCON", "BSLN", "BOTB", "BAOF", "BSUD", "BANN"),
    ),
    "chinese": ("Chinese", ("CHNE", "CHKC", "COCH", "CMAL", "CSNG", "CTWN")),
    "other_ethnic": (
        "Any other ethnic group",
        (
            "OOTH",
            "OAFG",
            "OARA",
            "OIRN",
            "OIRQ",
            "OKRD",
            "OLAM",
            "OLEB",
            "OOEG",
            "OVIE",
            "OYEM",
            "OFIL",
            "OJPN",
            "OKOR",
            "OMAL",
            "OMRC",
            "OPOL",
            "OTHA",
            "OLIB",
            "OEGY",
            "OSAU",
        ),
    ),
}

ALL = Group("all", "All pupils", "all", lambda: nw.lit(True))

GROUPS: tuple[Group, ...] = (
    ALL,
    Group("girls", "Girls", "sex", _equals("sex", "F"), "boys"),
    Group("boys", "Boys", "sex", _equals("sex", "M"), "girls"),
    Group("disadvantaged", "Disadvantaged", "disadvantage", _flag("disadvantaged", True), "other"),
    Group("other", "Not disadvantaged", "disadvantage", _flag("disadvantaged", False), "disadvantaged"),
    Group("fsm", "Eligible for free school meals", "fsm", _flag("fsm", True), "not_fsm"),
    Group("not_fsm", "Not eligible for free school meals", "fsm", _flag("fsm", False), "fsm"),
    Group("fsm6", "Free school meals in the last six years", "fsm6", _flag("fsm6", True), "not_fsm6"),
    Group("not_fsm6", "No free school meals in the last six years", "fsm6", _flag("fsm6", False), "fsm6"),
    Group(
        "sen_support",
        "SEN support (to 2014/15 School Action, School Action Plus)",
        "sen",
        _equals("sen", "K", "A", "P"),
        "no_sen",
    ),
    Group("sen_ehcp", "EHC plan (to 2014/15 statement)", "sen", _equals("sen", "E", "S"), "no_sen"),
    Group("no_sen", "No special educational needs", "sen", _equals("sen", "N")),
    Group("eal", "English as an additional language", "language", _flag("eal", True), "not_eal"),
    Group("not_eal", "English as a first language", "language", _flag("eal", False), "eal"),
    Group("mobile", "Joined in the last two years", "mobility", _flag("mobile", True), "not_mobile"),
    Group("not_mobile", "On roll throughout", "mobility", _flag("mobile", False), "mobile"),
    Group(
        "looked_after",
        "Looked after or adopted from care",
        "care",
        _flag("looked_after", True),
        "not_looked_after",
    ),
    Group("not_looked_after", "Not looked after", "care", _flag("looked_after", False), "looked_after"),
    Group("prior_low", "Low prior attainment", "prior", _equals("ks1_band", "low")),
    Group("prior_middle", "Middle prior attainment", "prior", _equals("ks1_band", "middle")),
    Group("prior_high", "High prior attainment", "prior", _equals("ks1_band", "high")),
    Group("autumn_born", "Born September to December", "birth_term", _born(9, 10, 11, 12), "summer_born"),
    Group("spring_born", "Born January to April", "birth_term", _born(1, 2, 3, 4)),
    Group("summer_born", "Born May to August", "birth_term", _born(5, 6, 7, 8), "autumn_born"),
    *(
        Group(f"ethnicity_{key}", title, "ethnicity", _equals("ethnicity", *codes))
        for key, (title, codes) in _ETHNICITIES.items()
    ),
)

BY_KEY = {group.key: group for group in GROUPS}
