"""A process that loads, takes back and runs without end, to be killed at any moment. Used by test_crash.py.

It forks a child for every life, so that Python and Polars are imported once. A life does the same steps for
the same seed, and writes down each step once it is done.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

from store_stories import TABLE, File, load

from headway.figures.store import Store
from headway.figures.tables import TABLES


def live(folder: Path, seed: int, journal: Path) -> None:
    """Steps until killed: three loads to an undo and a run. `journal` gets `begun` and `done` lines."""
    dice = random.Random(seed)
    store = Store.open(folder)
    with journal.open("a", encoding="ascii", buffering=1) as notes:
        while True:
            if dice.random() < 0.5:
                marks = {(dice.choice((2018, 2019)), dice.randrange(6)): dice.randrange(9) for _ in range(4)}
                rows = tuple((year, pupil, mark) for (year, pupil), mark in marks.items())
                file = File(rows, dice.choice("st"), dice.random() < 0.5)
                notes.write(f"load {file!r}\n")
                receipt = load(store, file)
                notes.write(f"loaded {receipt.id} {receipt.already_loaded}\n")
            elif dice.random() < 0.6:
                standing = [one.id for one in store.receipts() if one.state == "live"]
                if standing:
                    chosen = dice.choice(standing)
                    notes.write(f"undo {chosen}\n")
                    store.undo(chosen)
                    notes.write(f"undone {chosen}\n")
            else:
                notes.write("run\n")
                with store.new_run(engine="polars") as run:
                    count = run.inputs.frame(TABLE).collect().height
                    TABLES["results"].empty().write_parquet(run.folder / "results.parquet")
                    run.timings["rows"] = count
                notes.write(f"ran {run.id}\n")


def load_many(folder: Path, scope: str, count: int) -> None:
    """Loads so many small files of one scope, each with a key of its own and one that all share."""
    store = Store.open(folder)
    for number in range(count):
        own = 1000 * (ord(scope) - ord("a") + 1) + number
        load(store, File(((2019, own, number), (2019, 1, number)), scope, complete=False))


def nursery(folder: Path, journal: Path) -> None:
    """For each line `seed seconds` read: forks a life, kills it after so many seconds, says `killed`."""
    for line in sys.stdin:
        seed, seconds = line.split()
        child = os.fork()
        if child == 0:
            live(folder, int(seed), journal)
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "died by itself", flush=True)


if __name__ == "__main__":
    what, where, *rest = sys.argv[1:]
    if what == "nursery":
        nursery(Path(where), Path(rest[0]))
    else:
        load_many(Path(where), rest[0], int(rest[1]))
