"""Labelled pictures from a Parquet file, decoded once."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from PIL import Image

SIDE = 64


def read_parquet(
    path: Path, cache: Path | None = None, count: int | None = None
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Decode the columns `image` (encoded bytes) and `label` of a Parquet file.

    Args:
        path: the file; its pictures are 64 x 64 or are resized to that.
        cache: folder that keeps the decoded pictures for the next start; None keeps nothing.
        count: pictures to read, evenly spread over the file; all when None.

    Returns:
        Pictures uint8 (N, 64, 64, 3) RGB and labels int64 (N,).
    """
    table = pq.read_table(path, columns=["image", "label"])
    some = ""
    if count is not None and count < table.num_rows:
        table = table.take(np.arange(count) * table.num_rows // count)
        some = f"-{count}"
    labels = table.column("label").to_numpy().astype(np.int64)
    kept = cache / f"{path.stem}-{path.stat().st_size}{some}.npy" if cache else None
    if kept is not None and kept.exists():
        return np.load(kept, mmap_mode="r"), labels
    pictures = np.empty((len(labels), SIDE, SIDE, 3), np.uint8)
    for row, cell in enumerate(table.column("image")):
        with Image.open(io.BytesIO(cell.as_py())) as opened:
            picture = opened.convert("RGB")
        if picture.size != (SIDE, SIDE):
            picture = picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        pictures[row] = np.asarray(picture)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(".part.npy")
        np.save(part, pictures)
        part.replace(kept)
    return pictures, labels
