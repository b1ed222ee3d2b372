"""Questions that follow from the figures: which rules of `questions.toml` fit an organisation, and the words they ask."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from headway.figures.measures import registry
from headway.web.packs.material import Material
from headway.web.standards.lines import Compared, Line

_OF_A_THEME = 2
"""So many questions at most of one theme."""


@dataclass(frozen=True)
class Rule:
    """When a question is asked, about what, and how important it is. `source` says on what it rests, where on anything."""

    key: str
    about: str
    when: str
    weight: int
    ask: str
    because: str = ""
    source: str = ""
    measures: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Question:
    """A question to ask, and the figures that ask it (empty for one that is always worth asking)."""

    rule: str
    text: str
    because: str

    @property
    def words(self) -> str:
        """The question with its reason."""
        return f"{self.text} ({self.because})" if self.because else self.text


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, the most important first. Raises ValueError where one cannot be used."""
    read = tomllib.loads((files(__package__) / "questions.toml").read_text(encoding="utf-8"))
    found = [Rule(**{**one, "measures": tuple(one.get("measures", ()))}) for one in read["questions"]]
    for one in found:
        if one.when not in _CONDITIONS and one.when != "always":
            raise ValueError(f"question {one.key}: nothing is known of when {one.when!r}")
    return tuple(sorted(found, key=lambda one: -one.weight))


def questions(material: Material, *, most: int = 5) -> list[Question]:
    """The questions that the figures ask, the most important first; those always worth asking fill up what is left. No
    figure asks twice."""
    found: list[Question] = []
    themes: dict[str, int] = {}
    asked: set[tuple[str, int, str]] = set()
    for rule in rules():
        if len(found) == most:
            break
        if themes.get(rule.about, 0) >= _OF_A_THEME:
            continue
        question, figure = _asked(rule, material, asked)
        if question is None:
            continue
        found.append(question)
        themes[rule.about] = themes.get(rule.about, 0) + 1
        if figure is not None:
            asked.add(figure)
    return found


def _asked(
    rule: Rule, material: Material, asked: set[tuple[str, int, str]]
) -> tuple[Question | None, tuple[str, int, str] | None]:
    if rule.when == "always":
        return Question(rule.key, rule.ask.format(**_plain(material)), ""), None
    condition = _CONDITIONS[rule.when]
    for one, compared in condition(material, rule.measures):
        figure = (one.measure, one.year, one.group)
        if figure not in asked:
            values = _values(material, one, compared)
            return Question(rule.key, rule.ask.format(**values), rule.because.format(**values)), figure
    return None, None


def _plain(material: Material) -> dict[str, str]:
    return {"school": str(material.about)}


def _values(material: Material, one: Line, compared: Compared) -> dict[str, str]:
    return {
        "school": str(material.about),
        "title": one.title,
        "value": one.text,
        "year": one.year_text,
        "nation": compared.value,
        "authority": compared.value,
        "difference": compared.difference,
        "interval": one.interval or "not known",
        "pupils": f"{one.pupils_text} pupils" if one.pupils_text else "number of pupils not known",
        "group": one.group_title,
    }


Fitting = Iterable[tuple[Line, Compared]]
Condition = Callable[[Material, tuple[str, ...]], Fitting]


def _latest(material: Material, measures: tuple[str, ...], group: str = "all") -> Iterable[Line]:
    """Each measure in its latest year, if that is among the last three of which there is anything."""
    newest = max((one.year for one in material.lines), default=0)
    for measure in measures:
        found = material.of([measure], group=group)
        if found and found[-1].year >= newest - 2:
            yield found[-1]


def _worse(one: Line) -> str:
    known = registry().get(one.measure)
    return "above" if known is not None and known.direction == "lower" else "below"


def _better(one: Line) -> str:
    return "below" if _worse(one) == "above" else "above"


def _against(comparator: str, side: Callable[[Line], str], group: str = "all") -> Condition:
    def fitting(material: Material, measures: tuple[str, ...]) -> Fitting:
        for one in _latest(material, measures, group):
            compared: Compared = getattr(one, comparator)
            if one.is_reported and compared.difference and compared.said == side(one):
                yield one, compared

    return fitting


def _value_added(side: str) -> Condition:
    def fitting(material: Material, measures: tuple[str, ...]) -> Fitting:
        newest = max((one.year for one in material.value_added), default=0)
        for measure in measures:
            for one in material.value_added:
                fits = one.measure == measure and one.year == newest and one.group == "all"
                if fits and "characteristics" not in one.title and one.average.said == side:
                    yield one, one.average

    return fitting


def _suppressed(material: Material, measures: tuple[str, ...]) -> Fitting:
    for one in _latest(material, measures):
        if one.status == "suppressed":
            yield one, one.nation


def _cannot_say(material: Material, measures: tuple[str, ...]) -> Fitting:
    for one in _latest(material, measures):
        if one.is_reported and one.interval and one.nation.said == "no significant difference":
            yield one, one.nation


_CONDITIONS: dict[str, Condition] = {
    "worse than nation": _against("nation", _worse),
    "better than nation": _against("nation", _better),
    "worse than authority": _against("authority", _worse),
    "worse than before": _against("before", _worse),
    "better than before": _against("before", _better),
    "group behind others nationally": _against("others_nationally", _worse, group="disadvantaged"),
    "value added below": _value_added("below"),
    "value added above": _value_added("above"),
    "suppressed": _suppressed,
    "cannot say": _cannot_say,
}
