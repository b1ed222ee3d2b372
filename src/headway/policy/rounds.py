"""A round, frozen: every proposal with its evidence and the scheme as it was, so that letters match the data for good.

The frozen text is canonical JSON with a digest over all of it. Reading a round back checks the digest; a round that
was altered is refused.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from headway.policy.categorise import Proposal, explained
from headway.policy.judgements import Evidence
from headway.policy.profiles import Comparison
from headway.policy.schemes import Scheme


class RoundError(ValueError):
    """A frozen round that cannot be read, or is not what was frozen."""


@dataclass(frozen=True)
class Round:
    """A frozen round: its canonical text and the digest of it. What it holds is read with `head` and `rows`."""

    text: str
    digest: str

    @property
    def head(self) -> dict[str, Any]:
        """Scheme (key, version, title, its text and what it learnt), year, as_at, run, digest of the data."""
        found: dict[str, Any] = json.loads(self.text)["head"]
        return found

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row a school, as `as_row` makes it, in the order frozen."""
        found: list[dict[str, Any]] = json.loads(self.text)["schools"]
        return found

    def row(self, organisation: str) -> dict[str, Any]:
        """The row of one school. Raises KeyError."""
        for one in self.rows:
            if one["organisation"] == organisation:
                return one
        raise KeyError(organisation)


def as_row(one: Proposal, scheme: Scheme, chances: Mapping[str, float] | None = None) -> dict[str, Any]:
    """A proposal as plain data, with titles and sentences: what pages, letters and programs show."""
    category = scheme.category(one.category)
    titles = {criterion.key: criterion.title for criterion in scheme.criteria}
    findings = []
    for found in one.findings:
        criterion = scheme.criterion(found.criterion)
        level = criterion.level(found.level)
        rule = criterion.rule(one.kind, one.year)
        findings.append(
            {
                "criterion": found.criterion,
                "title": criterion.title,
                "level": found.level,
                "descriptor": level.descriptor if level else "",
                "concern": (level.concern if level else found.state) if found.said else None,
                "weight": criterion.weight,
                "because": list(found.judgement.because),
                "near": found.judgement.near,
                "too_few": found.judgement.too_few,
                "partial": found.judgement.partial,
                "evidence": [_evidence(item) for item in found.judgement.evidence],
                "source": (rule.source if rule and rule.source else criterion.source),
                "verified": rule.verified if rule else True,
            }
        )
    return {
        "organisation": one.organisation,
        "name": one.name,
        "year": one.year,
        "kind": one.kind,
        "responsible": one.responsible,
        "category": one.category,
        "category_title": category.title if category else None,
        "meaning": category.meaning if category else None,
        "colour": category.colour if category else None,
        "entitlement": category.entitlement if category else None,
        "attention": one.attention,
        "possible": list(one.possible),
        "score": one.score,
        "score_from": one.lowest,
        "score_to": one.highest,
        "groups": list(one.groups),
        "contributors": [titles[key] for key in one.contributors],
        "would_change": [explained(change, scheme) for change in one.changes],
        "without": [titles[key] for key in one.without],
        "partial": [titles[key] for key in one.partial],
        "findings": findings,
        "treatment": one.treatment,
        "context": list(one.context),
        "chances": dict(chances) if chances is not None else None,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    kind = "comparison" if isinstance(item, Comparison) else "figure"
    return {"kind": kind, **{key: value for key, value in asdict(item).items() if value is not None}}


def frozen(
    proposals: Sequence[Proposal],
    scheme: Scheme,
    *,
    year: int,
    as_at: date,
    run: str = "",
    chances: Sequence[Mapping[str, float]] | None = None,
) -> Round:
    """The round as it will stay. `run` names the run whose figures were judged."""
    head = {
        "scheme": scheme.key,
        "title": scheme.title,
        "version": scheme.version,
        "scheme_text": scheme.text,
        "learnt": {
            criterion.key: [
                {one.name: getattr(rule.settings, one.name) for one in fields(rule.settings)}
                for rule in criterion.rules
            ]
            for criterion in scheme.criteria
        },
        "weights": {criterion.key: criterion.weight for criterion in scheme.criteria},
        "year": year,
        "as_at": as_at.isoformat(),
        "run": run,
    }
    told: Sequence[Mapping[str, float] | None] = chances if chances is not None else [None] * len(proposals)
    schools = [as_row(one, scheme, chance) for one, chance in zip(proposals, told, strict=True)]
    text = json.dumps(
        {"head": head, "schools": schools}, ensure_ascii=False, sort_keys=True, separators=(",", ":"),
        allow_nan=False, default=_plain,
    )  # fmt: skip
    return Round(text, digest_of(text))


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be frozen")


def digest_of(text: str) -> str:
    """The digest that stands beside a frozen round."""
    return sha256(text.encode("utf-8")).hexdigest()


def thawed(text: str, digest: str) -> Round:
    """A frozen round read back. Raises `RoundError` where it is not what was frozen."""
    if digest_of(text) != digest:
        raise RoundError(
            "This round is not what was frozen: its text has been altered. Use the copy in the backup."
        )
    return Round(text, digest)


def write(one: Round, folder: Path) -> None:
    """`round.json`, `round.sha256`, and `schools.parquet` and `findings.parquet` for analysts. A round that stands
    there already is never overwritten."""
    if (folder / "round.sha256").exists():
        raise RoundError(
            f"There is a frozen round in {folder} already; a round never changes. Choose another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    schools, findings = as_frames(one)
    schools.write_parquet(folder / "schools.parquet")
    findings.write_parquet(folder / "findings.parquet")
    (folder / "round.json").write_text(one.text, encoding="utf-8")
    unfinished = folder / "round.sha256.part"
    unfinished.write_text(one.digest + "\n", encoding="ascii")
    os.replace(unfinished, folder / "round.sha256")  # last, so that a round without it is unfinished


def read(folder: Path) -> Round:
    """The round frozen in a folder. Raises `RoundError` where there is none, or it was altered."""
    try:
        text = (folder / "round.json").read_text(encoding="utf-8")
        digest = (folder / "round.sha256").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise RoundError(f"There is no whole frozen round in {folder}.") from error
    return thawed(text, digest)


def as_frames(one: Round) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The round as two tables: one row a school, and one row a school and criterion."""
    head, rows = one.head, one.rows
    shared = {"scheme": head["scheme"], "version": head["version"], "digest": one.digest}
    schools = pl.DataFrame(
        [
            {
                **shared,
                **{key: row[key] for key in ("organisation", "name", "year", "kind", "category", "attention")},
                "possible": "; ".join(row["possible"]),
                "score": row["score"],
                "groups": "; ".join(row["groups"]),
                "contributors": "; ".join(row["contributors"]),
                "would_change": " ".join(row["would_change"]),
                "without": "; ".join(row["without"]),
            }
            for row in rows
        ],
        schema={
            **dict.fromkeys(("scheme", "version", "digest", "organisation", "name"), pl.String), "year": pl.Int64,
            **dict.fromkeys(("kind", "category", "attention", "possible"), pl.String), "score": pl.Float64,
            **dict.fromkeys(("groups", "contributors", "would_change", "without"), pl.String),
        },
    )  # fmt: skip
    findings = pl.DataFrame(
        [
            {
                **shared,
                "organisation": row["organisation"],
                "year": row["year"],
                "criterion": found["criterion"],
                "level": found["level"],
                "concern": None if found["concern"] is None else float(found["concern"]),
                "because": " ".join(found["because"]),
            }
            for row in rows
            for found in row["findings"]
        ],
        schema={
            **dict.fromkeys(("scheme", "version", "digest", "organisation"), pl.String), "year": pl.Int64,
            **dict.fromkeys(("criterion", "level"), pl.String), "concern": pl.Float64, "because": pl.String,
        },
    )  # fmt: skip
    return schools, findings
