"""Records a page of ours as a browser shows it. Knows three programs; none of what the page is for.

The browser runs on a display of its own that no screen shows, and reaches no network.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

PROGRAMS = {"chromium": "chromium", "Xvfb": "xvfb", "ffmpeg": "ffmpeg"}  # and the Debian package of each
PAGES = Path(__file__).parent / "pages"
_PATIENCE_S = 60  # until the first picture; a loaded machine takes half of it
_SLOWER = 4  # pages move so much slower than the clip is played: a browser on a busy machine paints few pictures
_PAINTED = 3.0  # levels of standard deviation: a browser's blank window has none


def missing() -> tuple[str, ...]:
    """Name the programs that are not here, each with the package that brings it."""
    return tuple(f"{name} (apt install {package})" for name, package in PROGRAMS.items() if shutil.which(name) is None)


def record(page: str, seed: int, target: Path, *, size: tuple[int, int], rate: int, seconds: float) -> None:
    """Record one page; TimeoutError where the browser shows nothing."""
    with TemporaryDirectory(prefix="countermark-") as profile, _display(size) as display:
        address = f"{(PAGES / page).with_suffix('.html').as_uri()}#{seed},{_SLOWER}"
        with _running(_browser(address, size, profile), display):
            _wait(display, size)
            _grab(display, size, rate / _SLOWER, "-vf", f"setpts=(PTS-STARTPTS)/{_SLOWER}", "-fps_mode", "cfr",
                  "-r", str(rate), "-t", str(seconds), "-c:v", "libx264", "-preset", "veryfast", "-crf", "20",
                  "-pix_fmt", "yuv420p", "-threads", "1", "-y", str(target))  # fmt: skip


def _browser(address: str, size: tuple[int, int], profile: str) -> list[str]:
    return [
        "chromium", "--no-sandbox", "--kiosk", "--no-first-run", "--disable-gpu", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
        "--disable-dev-shm-usage", "--disable-infobars", "--test-type", "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}", "--window-position=0,0", address,
    ]  # fmt: skip


@contextmanager
def _display(size: tuple[int, int]) -> Iterator[str]:
    """Start a display; the server chooses its number and says it on a pipe."""
    told, telling = os.pipe()
    command = ["Xvfb", "-displayfd", str(telling), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(telling,), stderr=subprocess.DEVNULL)
    os.close(telling)
    try:
        with os.fdopen(told) as words:
            number = words.readline().strip()
        if not number:
            raise TimeoutError("Xvfb gave no display")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _running(command: list[str], display: str) -> Iterator[None]:
    """Run a program with all its children, and end them all."""
    there = os.environ | {"DISPLAY": display}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=there, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(display: str, size: tuple[int, int]) -> None:
    """Wait until the page has been painted."""
    import numpy as np

    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        time.sleep(0.5)
        seen = _grab(display, size, 25, "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo", "-")
        if len(seen) == size[0] * size[1] and np.frombuffer(seen, np.uint8).std() > _PAINTED:
            time.sleep(1.0)  # fonts and the first steps
            return
    raise TimeoutError(f"the browser showed nothing within {_PATIENCE_S} s")


def _grab(display: str, size: tuple[int, int], rate: float, *how: str) -> bytes:
    command = ["ffmpeg", "-v", "error", "-f", "x11grab", "-draw_mouse", "0", "-framerate", str(rate),
               "-video_size", f"{size[0]}x{size[1]}", "-i", display, *how]  # fmt: skip
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout
