"""How long a full set of packs takes: every kind for each of 100 schools, with an empty folder of charts.

    python benchmarks/bench_packs.py [--schools 100] [--formats pdf,docx,xlsx] [--folder BUILT]

On the example authority, which is built first unless `--folder` names a demonstration that is built already. Times are wall
clock and processor time; each format is to take less than 5 minutes.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

AT_MOST = 300
"""Seconds for every kind of pack of 100 schools in one format."""


def main() -> int:
    """Make the packs, and say how long each format took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--schools", type=int, default=100)
    options.add_argument("--formats", default="pdf,docx,xlsx")
    options.add_argument("--folder", type=Path, help="a demonstration that is built already")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary) / "demo"
        if asked.folder is None:
            build = [sys.executable, "-m", "headway.cli", "demo", "--no-serve", "--folder", str(folder)]
            subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        return measure(folder / "store", asked.schools, asked.formats.split(","))


def measure(home: Path, number: int, formats: list[str]) -> int:
    """Make the packs of so many schools in each format. Exit code 1 where one takes too long."""
    os.environ["HEADWAY_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "headway.web.settings"
    import django

    django.setup()
    from headway.web.design.drawing import folder
    from headway.web.packs import actions, making
    from headway.web.packs.kinds import kinds_of
    from headway.web.people.models import RoleHeld
    from headway.web.standards import reading

    user = RoleHeld.objects.filter(role="data_officer").select_related("user")[0].user
    release = reading.release_for(user)
    if release is None:
        print("No release is published there. Build one: headway demo --no-serve", file=sys.stderr)
        return 1
    schools = actions.organisations_for(user, release)[:number]
    fine = True
    for form in formats:
        shutil.rmtree(folder(), ignore_errors=True)
        began, worked = time.perf_counter(), time.process_time()
        packs = (
            pack
            for key in schools
            for pack in making.make(user, kinds_of(key), key, "school", release, [form])
        )
        content, made_of = making.zipped(packs)
        packs_made = len(zipfile.ZipFile(io.BytesIO(content)).namelist())
        took = (time.perf_counter() - began) * 100 / len(made_of)
        fine = fine and took <= AT_MOST
        print(
            f"{form}: {len(made_of)} schools, {packs_made} packs, {len(content) / 1e6:.1f} MB, "
            f"{time.perf_counter() - began:.0f} s ({time.process_time() - worked:.0f} s of processor)"
        )
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
