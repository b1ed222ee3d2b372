"""What only a model says of schools, beside the measures: value added, shrunken towards the average school."""

from __future__ import annotations

from dataclasses import dataclass

from headway.figures.measures import Measure, Years


@dataclass(frozen=True)
class Modelled:
    """A model's estimate of schools as a measure: `of` is the measure in the table of estimates, `model` the model."""

    measure: Measure
    of: str
    model: str


def _modelled(subject: str, model: str, title: str, definition: str) -> Modelled:
    of = f"ks2_{subject}_value_added"
    measure = Measure(
        key=f"ks2_{subject}_{model}",
        title=f"Key stage 2 {subject}: {title}",
        definition=definition,
        stage="ks2",
        unit="progress points",
        direction="higher",
        years=Years(2003),
        source="docs/explanation/value-added.md",
    )
    return Modelled(measure, of, model)


MODELLED: dict[str, Modelled] = {
    one.measure.key: one
    for subject in ("reading", "writing", "mathematics")
    for one in (
        _modelled(
            subject,
            "value_added",
            "value added",
            "How far a school's pupils came beyond pupils of the same prior attainment, drawn towards the average school "
            "the more, the fewer pupils there are",
        ),
        _modelled(
            subject,
            "contextual_value_added",
            "value added, allowing for characteristics too",
            "As value added, beside pupils alike in prior attainment and in characteristics",
        ),
    )
}
"""By key."""
