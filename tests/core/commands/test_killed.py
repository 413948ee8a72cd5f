"""A command that is killed at half and started again."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

PICTURES = 80
METHODS = "grad-cam,layer-cam"

_COMMAND = """
import os, sys
from core.commands.entry_point import main
from core.explain.cams.layer_method import LayerMethod

passes, run = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT), LayerMethod.run
def counted(self, *rest):
    os.write(passes, b"+")
    return run(self, *rest)
LayerMethod.run = counted
sys.exit(main(sys.argv[2:]))
"""


def _start(passes: Path, photos: Path, out: Path) -> subprocess.Popen[bytes]:
    asked = ["agree", str(photos), "--out", str(out), "--methods", METHODS]
    options = ["--model", "mobilenet_v3_small:random", "--overlays", "jpeg"]
    command = [sys.executable, "-c", _COMMAND, str(passes), *asked, *options]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment)


def _count(passes: Path) -> int:
    return passes.stat().st_size if passes.exists() else 0


def _rows(out: Path) -> list[dict[str, object]]:
    rows = pq.read_table(io.BytesIO((out / "agreement.parquet").read_bytes())).to_pylist()
    return [{n: v for n, v in row.items() if not n.startswith("seconds")} for row in rows]


def test_killed_at_half_and_started_again_it_takes_the_passes_of_one_run(tmp_path: Path) -> None:
    photos, passes, out = tmp_path / "photos", tmp_path / "passes", tmp_path / "out"
    photos.mkdir()
    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        pixels = rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(photos / f"p{number:02}.png")
    killed = _start(passes, photos, out)
    try:
        until = time.monotonic() + 120
        while _count(passes) < PICTURES:  # half of two methods' maps
            assert killed.poll() is None, "it ended before it was killed"
            assert time.monotonic() < until
            time.sleep(0.01)
    finally:
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    assert not (out / "explain.json").exists()
    assert _start(passes, photos, out).wait(120) == 0
    assert _count(passes) <= 1.05 * 2 * PICTURES
    whole = tmp_path / "whole"
    assert _start(tmp_path / "others", photos, whole).wait(120) == 0
    assert _rows(out) == _rows(whole)
