"""A process killed at any moment leaves the state before or the state after; two processes take turns.

Killed processes are forked while this one has no thread of Polars at work in the store: each child opens it anew.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path
from sqlite3 import Connection

import pytest
from store_stories import TABLE, File, expected, held_in, load

from headway.figures import catalogue, lock, parts, runs
from headway.figures.purge import forget, purge
from headway.figures.store import Store, StoreBusy
from headway.figures.tables import TABLES

WORKER = Path(__file__).with_name("crash_worker.py")
KILLS = 200


def everything_of(store: Store) -> set[str]:
    """Every lasting file of the store but its catalogue, locks and secret."""
    rooms = ("parts", "current", "set-aside", "runs")
    return {
        path.relative_to(store.folder).as_posix()
        for room in rooms
        for path in (store.folder / room).rglob("*")
        if path.is_file()
    }


def check_whole(store: Store) -> None:
    """The catalogue is sound, names only files that are there, and no other file lies about."""
    with store.catalogue.reading() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        wanted = catalogue.wanted(connection, every_retired=False)
        needed = {
            row[0] for row in connection.execute("SELECT path FROM parts UNION SELECT path FROM current")
        }
    files = everything_of(store)
    assert needed <= files, "the catalogue names a part that is not there"
    of_runs = {
        f"runs/{run.id}/{name}" for run in store.runs() for name in ("manifest.json", "results.parquet")
    }
    assert of_runs <= files
    assert files <= wanted | of_runs, "a killed process left something behind"
    for run in store.runs():
        assert run.results().collect().height == run.rows["results"]


def said_by(journal: Path) -> tuple[list[tuple[str, File]], list[str], str]:
    """What a killed process had done by its own account: live loads, runs, and the step it was at."""
    live: list[tuple[str, File]] = []
    done: list[str] = []
    at = ""
    whole, _, _ = journal.read_text(encoding="ascii").rpartition("\n")  # the last line may be cut short
    for line in whole.splitlines():
        word, _, rest = line.partition(" ")
        if word == "loaded":
            receipt, already = rest.split()
            if already == "False":
                live.append((receipt, eval(at.partition(" ")[2])))  # written by File's own repr
        elif word == "undone":
            live = [one for one in live if one[0] != rest]
        elif word == "ran":
            done.append(rest)
        at = line if word in ("load", "undo", "run") else ""
    return live, done, at


def test_a_process_killed_at_200_random_moments_leaves_the_state_before_or_after(tmp_path: Path) -> None:
    dice = random.Random(936)
    folder, journal = tmp_path / "store", tmp_path / "journal"
    journal.touch()
    nursery = subprocess.Popen(
        [sys.executable, str(WORKER), "nursery", str(folder), str(journal)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    steps = midway = 0
    patience = 1.0
    try:
        for life in range(KILLS):
            if (
                steps <= life
            ):  # a busy machine: let the processes live longer, or they die before they do anything
                patience = min(10.0, 1.2 * patience)
            if life % 20 == 0:  # anew, so that the checks stay quick
                shutil.rmtree(folder, ignore_errors=True)
                journal.write_text("", encoding="ascii")
            nursery.stdin.write(f"{life} {patience * dice.uniform(0.002, 0.09)}\n")
            nursery.stdin.flush()
            assert nursery.stdout.readline() == "killed\n"
            store = Store.open(folder)
            check_whole(store)
            live, done, at = said_by(journal)
            after = list(live)
            known = {receipt.id: receipt for receipt in store.receipts()}
            if at.startswith("load "):
                new = [name for name, one in known.items() if one.state == "live" and name not in dict(live)]
                after += [(name, eval(at.partition(" ")[2])) for name in new]
                assert len(new) <= 1
            elif at.startswith("undo ") and known[at.split()[1]].state == "undone":
                after = [one for one in live if one[0] != at.split()[1]]
            assert {name for name, one in known.items() if one.state == "live"} == set(dict(after))
            assert held_in(store) == expected(after)
            assert [run.id for run in store.runs()][: len(done)] == done
            assert len(store.runs()) - len(done) <= (at == "run")
            steps += len(after)
            midway += at != ""
            settled = [f"load {file!r}\nloaded {name} False" for name, file in after]
            settled += [f"ran {run.id}" for run in store.runs()]
            journal.write_text("\n".join(settled) + "\n" if settled else "", encoding="ascii")
    finally:
        nursery.stdin.close()
        nursery.wait(timeout=10)
        nursery.stdout.close()
    assert steps > KILLS, "the processes were killed before they did anything"
    assert midway > KILLS / 5, "the processes were killed between their steps"


def story(folder: Path) -> Store:
    """A store in which a load, an undo or a purge has parts to trim, to bring back and to erase."""
    store = Store.open(folder)
    load(store, File(((2017, 1, 5), (2018, 1, 6), (2019, 1, 7)), "s"))
    load(store, File(((2018, 1, 8), (2018, 2, 9)), "t", complete=False))
    load(store, File(((2018, 1, 10), (2019, 3, 11)), "s"))
    return store


def make_run(store: Store) -> None:
    with store.new_run(engine="polars") as run:
        TABLES["results"].empty().write_parquet(run.folder / "results.parquet")


DEEDS: dict[str, Callable[[Store], object]] = {
    "load": lambda store: load(store, File(((2018, 1, 1), (2019, 4, 4), (2018, 5, 5)), "s", complete=False)),
    "correct": lambda store: load(store, File(((2018, 2, 1),), "s")),
    "undo": lambda store: store.undo("R00003"),
    "run": make_run,
    "purge": lambda store: purge(store, today=date(2029, 1, 1)),
    "forget": lambda store: forget(store, 1, because="asked by the family"),
}
STEPS = (
    (os, "replace"),
    (parts, "settle"),
    (parts, "arrange"),
    (catalogue, "insert_receipt"),
    (catalogue, "insert_part"),
    (catalogue, "set_current"),
    (catalogue, "record_change"),
    (catalogue, "audit"),
    (catalogue, "commit"),
)


class Fault(Exception):  # noqa: N818 - it is a fault, put in on purpose
    """What a full disk or a power cut would be."""


def break_at(moment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the step of that number, counted over all `STEPS`, fail."""
    steps = count()

    def breaking(step: Callable[..., object]) -> Callable[..., object]:
        def taken(*given: object, **named: object) -> object:
            if next(steps) == moment:
                raise Fault
            return step(*given, **named)

        return taken

    for module, name in STEPS:
        monkeypatch.setattr(module, name, breaking(getattr(module, name)))


@pytest.mark.parametrize("deed", DEEDS)
def test_a_fault_at_any_step_leaves_the_state_before(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(story(tmp_path / "story"))
    done = copy_of(tmp_path / "story", tmp_path / "done")
    DEEDS[deed](done)
    after = state_of(done)
    assert after != before
    for moment in count():
        store = copy_of(tmp_path / "story", tmp_path / f"{moment}")
        with monkeypatch.context() as broken:
            break_at(moment, broken)
            try:
                DEEDS[deed](store)
            except Fault:
                pass
            else:
                break
        check_whole(Store.open(store.folder))
        assert state_of(store) == before
        DEEDS[deed](store)
        assert state_of(store) == after
    assert moment >= 2, "no step could fail"


@pytest.mark.parametrize("deed", DEEDS)
def test_a_fault_right_after_the_commit_leaves_the_state_after(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story(tmp_path / "story")
    done = copy_of(tmp_path / "story", tmp_path / "done")
    DEEDS[deed](done)
    store = copy_of(tmp_path / "story", tmp_path / "broken")

    def committed_and_broken(connection: Connection) -> None:
        connection.execute("COMMIT")
        raise Fault

    with monkeypatch.context() as broken:
        broken.setattr(catalogue, "commit", committed_and_broken)
        with pytest.raises(Fault):
            DEEDS[deed](store)
    check_whole(Store.open(store.folder))
    assert state_of(store) == state_of(done)


def copy_of(folder: Path, to: Path) -> Store:
    shutil.copytree(folder, to)
    return Store.open(to)


def state_of(store: Store) -> tuple[object, ...]:
    """What a reader can see, moments in time left out."""
    known = [(one.id, one.state, one.file_hash, one.change, one.tables) for one in store.receipts()]
    finished = [(run.id, run.rows, [one.receipt for one in run.inputs]) for run in store.runs()]
    return held_in(store), known, finished, store.purged_years(TABLE)


def test_two_processes_loading_at_once_take_turns_and_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    workers = [
        subprocess.Popen([sys.executable, str(WORKER), "load_many", str(folder), scope, "12"])
        for scope in "ab"
    ]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]
    store = Store.open(folder)
    check_whole(store)
    receipts = store.receipts()
    assert [one.id for one in receipts] == [f"R{number:05d}" for number in range(1, 25)]
    told: dict[str, int] = {"a": 0, "b": 0}
    loads = []
    for one in receipts:
        number = told[one.scope]
        told[one.scope] += 1
        own = {"a": 1000, "b": 2000}[one.scope] + number
        loads.append((one.id, File(((2019, own, number), (2019, 1, number)), one.scope, complete=False)))
    assert held_in(store) == expected(loads)


def test_the_second_process_says_for_whom_it_waits_and_gives_up_in_plain_words(tmp_path: Path) -> None:
    heard: list[str] = []
    Store.open(tmp_path)
    with lock.held(tmp_path / "store.lock", "loading ks2.csv"):
        second = Store.open(tmp_path, tell=heard.append, patience=0.4)  # reading needs no turn
        assert held_in(second) == set()
        with pytest.raises(StoreBusy, match=rf"process {os.getpid()}: loading ks2.csv.*Nothing was changed"):
            load(second, File(((2019, 1, 1),)))
    assert heard == [
        f"Waiting for another process to finish with the store (process {os.getpid()}: loading ks2.csv)"
    ]
    assert load(second, File(((2019, 1, 1),))).id == "R00001"


def test_a_reader_may_finish_with_what_it_began_to_read(tmp_path: Path) -> None:
    store = story(tmp_path)
    frame, state = store.frame(TABLE), store.snapshot()
    before = held_in(store)
    store.undo("R00003")
    store.undo("R00001")
    Store.open(tmp_path)
    assert set(frame.select("year", "pupil", "mark", "receipt").collect().rows()) == before
    assert state.frame(TABLE).collect().height == len(before)
    assert held_in(store) != before


def test_what_a_killed_process_left_is_swept_when_the_store_is_opened(tmp_path: Path) -> None:
    store = story(tmp_path)
    before = everything_of(store)
    for name in (
        f"parts/{TABLE}/2019/R00004.parquet",
        f"parts/{TABLE}/R00004.partial",
        f"current/{TABLE}/2019/R00001-abc.partial",
        "set-aside/R00004-marks.csv",
        "runs/run-0001.making/results.parquet",
        "runs/run-0001.lock",
        "runs/run-0002/results.parquet",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"half of it")
    Store.open(tmp_path)
    assert everything_of(store) == before
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_in_the_making_is_not_swept(tmp_path: Path) -> None:
    store = story(tmp_path)
    with store.new_run(engine="polars") as run:
        TABLES["results"].empty().write_parquet(run.folder / "results.parquet")
        Store.open(tmp_path)
        with Store.open(tmp_path).new_run(engine="polars") as other:
            assert (run.id, other.id) == ("run-0001", "run-0002")
        assert (run.folder / "results.parquet").exists()
        assert runs.in_the_making(tmp_path) == [run.folder]
    assert [one.id for one in store.runs()] == ["run-0001", "run-0002"]
