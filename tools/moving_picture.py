"""The moving picture of the README: a cell typed into a real JupyterLab, run, and followed to its end.

The local service stands in the Hub's place, so the card shows what it shows on the Hub: a flavor, its price, a link.
Frames are screenshots; where nothing happens they are left out, so it is faster than life.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw
from playwright.sync_api import sync_playwright

from hfjobs_magic.local import daemon
from tools.bench_browser import Lab, end_jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

PICTURE = Path(__file__).parents[1] / "docs" / "card" / "moving.webp"
FRAMES = Path(__file__).parents[1] / "build" / "film"
WIDTH, HEIGHT = 1060, 740
"""CSS pixels of the window; the notebook in it is about as wide as GitHub shows a README's pictures."""
RATIO = 1.5
"""Device pixels of each: sharp on most screens, at half the size of 2."""
RADIUS = 12
"""Device pixels of the rounded corners, transparent beyond them, so that it stands well on light and dark."""
BORDER = (140, 149, 159, 255)
EVERY_S = 2.0
"""Time between frames of a running job, in seconds."""
FRAME_S = 0.2
"""Seconds for which each is shown: ten times as fast as it was."""
LAST_S = 4.0
"""Of the last frame, before it begins anew."""
MAX_BYTES = 1_500_000

LINE = "%%hfjob --flavor a10g-small --timeout 30m --name train"
CODE = """
import math, time
from tqdm.auto import tqdm

for step in tqdm(range(100)):
    time.sleep(0.8)
    loss, norm = 2 * math.exp(-step / 30) + 0.1 + 0.05 * math.sin(step), 1.5 + math.cos(step / 9)
    tqdm.write(f"step={step} loss={loss:.4f} grad_norm={norm:.3f} lr={1e-3 * (1 - step / 100):.2e}")
print("saved the model")"""


@dataclass
class Film:
    """Frames of a page's notebook."""

    page: Page
    frames: list[Image.Image] = field(default_factory=list)

    def take(self) -> None:
        """Take a frame, unless it is the last one again."""
        box = self.page.locator(".jp-NotebookPanel-notebook").bounding_box()
        picture = Image.open(io.BytesIO(self.page.screenshot(clip=box))).convert("RGB")
        if not self.frames or ImageChops.difference(picture, self.frames[-1]).getbbox():
            self.frames.append(picture)

    def take_until(self, is_over: Callable[[], bool], patience_s: float = 180.0) -> None:
        """Take frames until something is on the screen."""
        end = time.monotonic() + patience_s
        while not is_over():
            if time.monotonic() > end:
                raise TimeoutError("What the picture waits for did not come.")
            before = time.monotonic()
            self.take()
            self.page.wait_for_timeout(max(0.0, 1000 * (before + EVERY_S - time.monotonic())))
        self.take()

    def save(self, path: Path) -> None:
        """Write the film as one animated WebP, and its frames to `FRAMES`, to be looked at."""
        shutil.rmtree(FRAMES, ignore_errors=True)
        FRAMES.mkdir(parents=True)
        for number, picture in enumerate(self.frames):
            picture.save(FRAMES / f"{number:03}.png", compress_level=1)
        first, *others = map(_frame, self.frames)
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=[*(round(1000 * FRAME_S) for _ in others), round(1000 * LAST_S)],
            loop=0,
            quality=60,
            method=2,
        )


def _frame(picture: Image.Image) -> Image.Image:
    """Cut the corners, and draw a thin line around it."""
    box = (0, 0, picture.width - 1, picture.height - 1)
    mask = Image.new("L", picture.size, 0)
    ImageDraw.Draw(mask).rounded_rectangle(box, RADIUS, fill=255)
    made = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    made.paste(picture, mask=mask)
    ImageDraw.Draw(made).rounded_rectangle(box, RADIUS, outline=BORDER, width=1)
    return made


def play(page: Page, film: Film) -> None:
    """Type the cell, run it, look at its charts, and wait for its end."""
    page.keyboard.press("Control+b")  # the file browser
    cell = page.locator(".jp-CodeCell").nth(1).locator(".cm-content")
    cell.click()
    for word in LINE.split(" "):
        page.keyboard.insert_text(word if word.startswith("%%") else f" {word}")
        film.take()
    page.keyboard.insert_text(CODE)
    film.take()
    page.keyboard.press("Control+Enter")
    card = page.locator(".jp-CodeCell").nth(1).locator(".hfj").first
    film.take_until(card.get_by_text("step=20 ").first.is_visible)
    card.get_by_role("tab", name="Metrics").click()
    film.take_until(lambda: card.locator(".hfj-pill").inner_text() == "Completed")
    card.get_by_role("tab", name="Logs").click()
    film.take_until(card.get_by_text("saved the model").first.is_visible)


def main() -> None:
    """Make the picture."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory(prefix="hfjobs-film-", ignore_cleanup_errors=True) as name,
        sync_playwright() as p,
    ):
        folder = Path(name)
        service = daemon.ensure(folder / "jobs")
        os.environ.update(HF_ENDPOINT=service.endpoint, HF_TOKEN=service.token)
        browser = p.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        lab = Lab(folder, browser)
        try:
            look = {"viewport": {"width": WIDTH, "height": HEIGHT}, "device_scale_factor": RATIO}
            with lab.notebook("train", "%load_ext hfjobs_magic", "", **look) as (page, _):
                page.locator(".jp-CodeCell").first.locator(".cm-content").press("Control+Enter")
                film = Film(page)
                play(page, film)
            film.save(PICTURE)
        finally:
            browser.close()
            lab.process.terminate()
            lab.process.wait(60)
            end_jobs(folder / "jobs")
            daemon.stop(folder / "jobs")
    size = PICTURE.stat().st_size
    print(f"{PICTURE.name}: {len(film.frames)} frames, {size:,} bytes")
    if size > MAX_BYTES:
        raise SystemExit(f"It is larger than {MAX_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
