"""Simulated pupils and their attainment, with effects whose truth is known. Everything here is synthetic.

One latent scale runs from the foundation stage to key stage 2. A pupil's prior attainment `p` has mean 0 and
standard deviation about 1 at key stage 1; a key stage 2 score is

    intercept + slope * p + context + school effect + noise

in each of reading, writing and mathematics. The school effect is the truth that a value-added model should find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SUBJECTS = ("reading", "writing", "mathematics")
ETHNICITIES = (
    "WBRI",
    "WOTH",
    "WIRI",
    "MWBC",
    "MWAS",
    "APKN",
    "AIND",
    "ABAN",
    "BAFR",
    "BCRB",
    "CHNE",
    "OOTH",
    "REFU",
)
_WHITE_SHARES = (0.90, 0.035, 0.005, 0.015, 0.01, 0.005, 0.01, 0.002, 0.005, 0.003, 0.003, 0.004, 0.003)
_EAL_SHARES = (0.0, 0.36, 0.0, 0.01, 0.03, 0.17, 0.11, 0.07, 0.13, 0.0, 0.04, 0.07, 0.01)

KS2_INTERCEPTS = {"reading": 105.0, "writing": 103.6, "mathematics": 104.6}
KS2_SLOPE = 5.4
KS2_NOISE = {"reading": 4.4, "writing": 3.6, "mathematics": 4.0}
NATIONAL_RISE = {2015: -0.4, 2016: -1.6, 2017: -0.6, 2018: 0.0, 2019: 0.2, 2022: -0.9, 2023: -0.7, 2024: -0.4}
"""How the whole nation's key stage 2 scores moved, year by year, in points."""


@dataclass(frozen=True)
class Intake:
    """What kind of pupils each school admits: shares from 0 to 1, one value a school."""

    fsm: Floats
    eal: Floats
    sen: Floats
    mobility: Floats
    idaci: Floats


@dataclass(frozen=True)
class Pupils:
    """Characteristics of pupils, one value a pupil. `school` is an index into the intake."""

    school: Integers
    girl: Flags
    birth_month: Integers
    fsm: Flags
    fsm6: Flags
    looked_after: Flags
    eal: Flags
    sen: npt.NDArray[np.str_]
    mobile: Flags
    ethnicity: npt.NDArray[np.str_]
    idaci: Floats

    @property
    def disadvantaged(self) -> Flags:
        """FSM6 or looked after."""
        return self.fsm6 | self.looked_after

    @property
    def months_old(self) -> Integers:
        """Months after 1 September at which the pupil was born, 0 for September to 11 for August."""
        return (self.birth_month - 9) % 12


@dataclass(frozen=True)
class Attainment:
    """Latent attainment: `foundation` and `prior` with mean about 0 and SD about 1; `ks2` in scaled-score points."""

    foundation: Floats
    prior: Floats
    prior_by_subject: dict[str, Floats]
    ks2: dict[str, Floats]


def simulate_intake(rng: np.random.Generator, schools: int, deprivation: Floats | None = None) -> Intake:
    """The intakes of so many schools. `deprivation` (0 to 1, one a school) steers them; drawn where not given."""
    level = rng.beta(1.3, 3.6, schools) if deprivation is None else deprivation
    return Intake(
        fsm=np.clip(0.04 + 0.75 * level + rng.normal(0, 0.03, schools), 0.01, 0.75),
        eal=np.clip(rng.beta(0.5, 2.6, schools) * (0.5 + level), 0.0, 0.9),
        sen=np.clip(0.10 + 0.15 * level + rng.normal(0, 0.03, schools), 0.03, 0.35),
        mobility=np.clip(rng.gamma(2.0, 0.03, schools), 0.0, 0.35),
        idaci=np.clip(0.03 + 0.6 * level, 0.02, 0.7),
    )


def simulate_pupils(rng: np.random.Generator, school: Integers, intake: Intake) -> Pupils:
    """Pupils of the schools named by index, each drawn from its school's intake."""
    count = len(school)
    idaci = np.clip(intake.idaci[school] + rng.normal(0, 0.08, count), 0.005, 0.95)
    fsm6 = rng.random(count) < intake.fsm[school]
    looked_after = rng.random(count) < 0.008
    eal = rng.random(count) < intake.eal[school]
    girl = rng.random(count) < 0.488
    draw = rng.random(count)
    share = np.clip(intake.sen[school] * np.where(girl, 0.65, 1.33) * np.where(fsm6, 1.5, 0.85), 0, 0.8)
    sen = np.where(draw < 0.18 * share, "E", np.where(draw < share, "K", "N"))
    ethnicity = np.where(
        eal,
        rng.choice(ETHNICITIES, count, p=np.array(_EAL_SHARES) / sum(_EAL_SHARES)),
        rng.choice(ETHNICITIES, count, p=np.array(_WHITE_SHARES) / sum(_WHITE_SHARES)),
    )
    return Pupils(
        school=school,
        girl=girl,
        birth_month=rng.integers(1, 13, count),
        fsm=fsm6 & (rng.random(count) < 0.72),
        fsm6=fsm6,
        looked_after=looked_after,
        eal=eal,
        sen=sen,
        mobile=rng.random(count) < intake.mobility[school],
        ethnicity=ethnicity,
        idaci=idaci,
    )


def simulate_attainment(
    rng: np.random.Generator, pupils: Pupils, year: int, effects: Floats, prior_shift: Floats | None = None
) -> Attainment:
    """Attainment of pupils whose key stage 2 falls in `year`.

    `effects` has a row a school and a column a subject (reading, writing, mathematics), in scaled-score points.
    `prior_shift`, one value a school, moves what its pupils had reached before.
    """
    count = len(pupils.school)
    need = np.select([pupils.sen == "E", pupils.sen == "K"], [-1.9, -0.95], 0.12)
    start = (
        0.14 * pupils.girl
        - 0.030 * (pupils.months_old - 5.5)
        - 0.34 * pupils.fsm6
        - 0.5 * pupils.looked_after
        - 0.25 * pupils.eal
        + need
        - 0.8 * (pupils.idaci - 0.18)
    )
    foundation = start + rng.normal(0, 0.75, count)
    shift = 0.0 if prior_shift is None else prior_shift[pupils.school]
    prior = 0.08 + 0.72 * foundation + 0.16 * pupils.eal + shift + rng.normal(0, 0.6, count)
    lean = {"reading": 0.06, "writing": 0.12, "mathematics": -0.14}
    prior_by_subject = {
        subject: prior + lean[subject] * pupils.girl + rng.normal(0, 0.32, count) for subject in SUBJECTS
    }
    rise = NATIONAL_RISE.get(year, 0.0)
    shared = rng.normal(0, 1.0, count)
    ks2 = {}
    for column, subject in enumerate(SUBJECTS):
        context = (
            -0.9 * pupils.fsm6
            + 1.1 * pupils.eal
            - 0.8 * pupils.mobile
            + np.where(pupils.sen == "N", 0.0, -1.2)
            + {"reading": 0.6, "writing": 1.1, "mathematics": -0.9}[subject] * pupils.girl
        )
        noise = KS2_NOISE[subject] * (0.55 * shared + np.sqrt(1 - 0.55**2) * rng.normal(0, 1.0, count))
        ks2[subject] = (
            KS2_INTERCEPTS[subject]
            + rise
            + KS2_SLOPE * prior
            + context
            + effects[pupils.school, column]
            + noise
        )
    return Attainment(foundation, prior, prior_by_subject, ks2)


def school_effects(rng: np.random.Generator, schools: int, years: int, spread: float = 1.5) -> Floats:
    """True school effects, years x schools x subjects, in points: lasting differences that drift slowly.

    The spread is the standard deviation over schools of one year's effect in one subject.
    """
    common = rng.normal(0, 1.0, schools)
    own = rng.normal(0, 1.0, (schools, len(SUBJECTS)))
    lasting = spread * (0.8 * common[:, None] + 0.6 * own)
    drift = np.zeros((years, schools, len(SUBJECTS)))
    drift[0] = rng.normal(0, 1.0, (schools, len(SUBJECTS)))
    for year in range(1, years):
        drift[year] = 0.75 * drift[year - 1] + np.sqrt(1 - 0.75**2) * rng.normal(
            0, 1.0, (schools, len(SUBJECTS))
        )
    effects: Floats = np.sqrt(0.75) * lasting[None] + np.sqrt(0.25) * spread * drift
    return effects
