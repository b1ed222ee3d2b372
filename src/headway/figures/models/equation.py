"""A fitted model in words that a headteacher can check against what they know."""

from __future__ import annotations

from collections.abc import Mapping

from headway.figures.models.value_added import Fit

Z95 = 1.959963984540054


def sentences(fit: Fit, unit: str, labels: Mapping[str, str] | None = None) -> list[str]:
    """The model, a sentence a term: how many more or fewer `unit` go with it, all else in the model the same.

    `labels` say what a term is called; a term without one keeps its name. Each effect has its 95 % interval.
    """
    known = labels or {}
    said = [
        f"It rests on {fit.pupils:,} pupils. A pupil who is average in everything below is expected to reach "
        f"{_number(_typical(fit))} {unit}.",
        "With all else below the same:",
    ]
    for term, effect in fit.coefficients.items():
        if term != "intercept":
            said.append(_sentence(known.get(term, term), effect, Z95 * fit.standard_errors[term], unit))
    between = fit.between()
    share = 100 * between / (between + fit.residual_variance)
    said.append(
        f"What is left differs among pupils by a standard deviation of {_number(fit.residual_variance**0.5)} {unit} "
        f"within a {fit.groups[0]} and of {_number(between**0.5)} from one {fit.groups[0]} to another: "
        f"{share:.0f} % of the variation lies between them."
    )
    if not fit.converged:
        said.append(f"The model did not settle ({fit.message}): do not use it.")
    return said


def _sentence(label: str, effect: float, half: float, unit: str) -> str:
    way = "more" if effect >= 0 else "fewer"
    low, high = abs(effect) - half, abs(effect) + half
    if low <= 0:
        return f"{label}: {_number(abs(effect))} {unit} {way}, which may be chance (give or take {_number(half)})."
    return f"{label}: {_number(abs(effect))} {unit} {way} ({_number(low)} to {_number(high)} with 95 % confidence)."


def _typical(fit: Fit) -> float:
    """What the model expects at the mean of every term."""
    slopes = [effect for term, effect in fit.coefficients.items() if term != "intercept"]
    means = fit.sums.centre[:-1]
    return fit.coefficients["intercept"] + sum(float(m) * b for m, b in zip(means, slopes, strict=True))


def _number(value: float) -> str:
    size = abs(value)
    places = 1 if size >= 10 else 2 if size >= 0.1 else 3
    return f"{value:.{places}f}"
