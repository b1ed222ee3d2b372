"""How long a full set of packs takes: every kind for each of 100 schools, with an empty folder of charts.

Run `HEADWAY_HOME=FOLDER HEADWAY_SECRET_KEY=… python benchmarks/bench_packs.py` where FOLDER holds a store with a published
release (`headway demo --no-serve` makes one in .demo/store). Times are wall clock and processor time; the aim of 5 minutes
is for PDF.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time


def main() -> int:
    """Make the packs, and say how long each format took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--schools", type=int, default=100)
    options.add_argument("--formats", default="pdf,docx,xlsx")
    asked = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.web.settings")
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
    schools = actions.organisations_for(user, release)[: asked.schools]
    for form in asked.formats.split(","):
        shutil.rmtree(folder(), ignore_errors=True)
        began, worked = time.perf_counter(), time.process_time()
        packs = (
            pack
            for key in schools
            for pack in making.make(user, kinds_of(key), key, "school", release, [form])
        )
        content, made_of = making.zipped(packs)
        print(
            f"{form}: {len(made_of)} schools, {4 * len(made_of)} packs, {len(content) / 1e6:.1f} MB, "
            f"{time.perf_counter() - began:.0f} s ({time.process_time() - worked:.0f} s of processor)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
