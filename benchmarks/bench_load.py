"""How long loading takes beside a bare conversion of the same file: `python benchmarks/bench_load.py`.

600,000 pupils of 16,000 schools as a CSV file of Headway's template. *Bare* is Polars' own
`scan_csv().sink_parquet()`, which checks nothing; *load* is `headway load`: recognised, every cell read in its
type, UPNs checked, pupils keyed, allowed values, ranges and duplicates checked, written, entered in the
catalogue. The malformed file has one row in a thousand that is too long, too short, or holds something
unreadable, and is set beside the bare conversion of the well-formed one. Imports are not timed.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from headway.figures.loading import Rejection, load
from headway.figures.sources import registry
from headway.figures.store import Receipt, Store
from headway.figures.upn import LETTERS

WANTED = {"well-formed": 3.0, "malformed": 8.0}
SCHOOLS_PER_PUPIL = 16_000 / 600_000


def upns(count: int) -> pl.Series:
    """As many different UPNs with their check letters."""
    serials = np.arange(count)
    digits = np.empty((count, 12), dtype=np.int64)
    body = 2_0000000_00_000 % 10**12 + serials * 7 + 80_000_000_000
    for place in range(11, -1, -1):
        digits[:, place] = body % 10
        body //= 10
    letters = np.array(list(LETTERS))[(digits * np.arange(2, 14)).sum(axis=1) % len(LETTERS)]
    text = pl.DataFrame(digits).select(pl.concat_str(pl.all().cast(pl.String)))
    return pl.select(pl.concat_str(pl.Series(letters), text.to_series())).to_series()


def pupils(count: int, seed: int = 2019) -> pl.DataFrame:
    """Pupils of one year at the end of key stage 2, as the template has them."""
    rng = np.random.default_rng(seed)
    schools = max(1, round(count * SCHOOLS_PER_PUPIL))
    born = np.datetime64("2007-09-01") + rng.integers(0, 365, count)
    frame = pl.DataFrame(
        {
            "upn": upns(count),
            "surname": rng.choice(np.array(["Adeyemi", "Brown", "Khan", "O'Neill", "Smith"]), count),
            "forename": rng.choice(np.array(["Ada", "Ben", "Cerys", "Dev", "Eve"]), count),
            "date_of_birth": born,
            "urn": 100_000 + rng.integers(0, schools, count),
            "year": np.full(count, 2019),
            "collection": np.full(count, "ks2"),
            "sex": rng.choice(np.array(["F", "M"]), count),
            "ethnicity": rng.choice(np.array(["WBRI", "WOTH", "APKN", "BAFR", "MWBC"]), count),
            "eal": rng.integers(0, 2, count),
            "fsm6": rng.integers(0, 2, count),
            "disadvantaged": rng.integers(0, 2, count),
            "sen": rng.choice(np.array(["N", "K", "E"]), count, p=[0.84, 0.13, 0.03]),
            "mobile": rng.integers(0, 2, count),
        }
    )
    results = []
    for subject, most in (("reading", 50), ("mathematics", 110), ("gps", 70)):
        score = np.clip(np.rint(rng.normal(104, 8, count)), 80, 120).astype(int)
        results += [
            pl.Series(f"{subject}_outcome", np.where(score >= 100, "AS", "NS")),
            pl.Series(f"{subject}_score", score),
            pl.Series(f"{subject}_mark", rng.integers(0, most + 1, count)),
        ]
    writing = pl.Series("writing_assessment", rng.choice(np.array(["WTS", "EXS", "GDS"]), count))
    return frame.with_columns(*results, writing)


def spoiled(text: bytes) -> bytes:
    """The file with one row in a thousand spoiled, each in one of four ways."""
    lines = text.split(b"\n")
    for number in range(500, len(lines) - 1, 1000):
        way = (number // 1000) % 4
        line = lines[number]
        if way == 0:
            lines[number] = line + b",surplus"
        elif way == 1:
            lines[number] = line.rsplit(b",", 3)[0]
        elif way == 2:
            lines[number] = line.replace(b",2019,", b",next year,", 1)
        else:
            lines[number] = line.replace(b",AS,", b',"A"S,', 1)
    return b"\n".join(lines)


def seconds(task: Callable[[], object]) -> float:
    """How long it takes once."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def bare(path: Path, folder: Path) -> None:
    """The bare conversion."""
    pl.scan_csv(path).sink_parquet(folder / "bare.parquet")


def loaded(path: Path, home: Path) -> Receipt:
    """The file loaded into a new store."""
    shutil.rmtree(home, ignore_errors=True)
    [receipt] = load(Store.open(home), [path])
    if isinstance(receipt, Rejection):
        raise SystemExit(receipt.message)
    return receipt


def main() -> None:
    """Runs the benchmark and prints a line a file; ends with 1 if a ratio is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pupils", type=int, default=600_000)
    options.add_argument("--times", type=int, default=5)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    registry()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {"well-formed": folder / "pupils.csv", "malformed": folder / "spoiled.csv"}
        pupils(chosen.pupils).write_csv(paths["well-formed"])
        paths["malformed"].write_bytes(spoiled(paths["well-formed"].read_bytes()))
        loaded(paths["well-formed"], folder / "home")
        for kind, path in paths.items():
            bares, loads = [], []
            for _ in range(chosen.times):
                bares.append(seconds(lambda: bare(paths["well-formed"], folder)))
                loads.append(seconds(lambda path=path: loaded(path, folder / "home")))  # type: ignore[misc]
            receipt = loaded(path, folder / "home")
            found[kind] = {
                "bare": statistics.median(bares),
                "load": statistics.median(loads),
                "ratio": statistics.median(loads) / statistics.median(bares),
                "wanted": WANTED[kind],
                "accepted": receipt.rows_accepted,
                "set aside": receipt.rows_set_aside,
            }
            print(
                f"{kind:12} {receipt.rows_read:>9,} rows, {receipt.rows_set_aside:>4,} set aside: "
                f"bare {found[kind]['bare']:.3f} s, load {found[kind]['load']:.3f} s, "
                f"{found[kind]['ratio']:.2f} times (wanted: at most {WANTED[kind]:g})"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MiB")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1))
    if any(one["ratio"] > one["wanted"] for one in found.values()):
        raise SystemExit("loading is slower than wanted")


if __name__ == "__main__":
    main()
