"""Takes docs/pictures/*.png: pages of the service as people see them, in a real browser. Run after `make demo`.

.venv/bin/python docs/screenshots.py [FOLDER OF THE DEMONSTRATION]
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browsing import SCHOOL, Service, chromium_program, environment, free_port, wait_for  # noqa: E402

PAGES = {
    "school-standards": ("link_adviser", f"/standards/schools/{SCHOOL}/", 1400),
    "across-schools": ("head_of_school_improvement", "/standards/across/", 1900),
    "where-a-figure-comes-from": ("data_officer", "", 1400),
}
"""Each picture: whose page, where, and how many pixels of it."""
WIDTH, SCALE = 1100, 0.6
"""As wide as a page is read, and drawn smaller, so that a picture is small."""


def take(service: Service) -> None:
    """Every picture."""
    from playwright.sync_api import sync_playwright

    folder = ROOT / "docs" / "pictures"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_program(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (role, address, height) in PAGES.items():
            context = chromium.new_context(
                base_url=service.address,
                viewport={"width": WIDTH, "height": height},
                device_scale_factor=SCALE,
                locale="en-GB",
            )
            page = context.new_page()
            service.sign_in(page, role)
            page.goto(address or f"/standards/schools/{SCHOOL}/")
            if not address:  # walk back from the first figure
                page.locator("main table td a").first.click()
            page.screenshot(path=folder / f"{name}.png")
            context.close()
        chromium.close()


def main(folder: Path) -> None:
    """Serve the demonstration in a folder while its pictures are taken."""
    note = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    port = free_port()
    log = folder / "served.txt"
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "headway.cli", "serve", "--port", str(port), "--workers", "1"],
            env=environment(folder / "store"),
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://localhost:{port}"
        wait_for(address, process, log)
        take(Service(address, folder, note["password"], note["secret"]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".demo")
