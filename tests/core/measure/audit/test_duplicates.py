"""Copies: equal files, equal pixels, resized and recompressed ones, and no others."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from scipy import fft
from skimage import data

from core.measure.audit.duplicates import DISTANCE, _pairs, copies, fingerprint
from core.measure.audit.rows import Fingerprint
from core.pictures.picture import Picture, decode
from tests.core.measure.audit.made import row


def saved(image: Image.Image, kind: str = "PNG", **how: object) -> Picture:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return decode(buffer.getvalue(), "x")


def as_row(number: int, picture: Picture, truth: int = 0):
    mark = fingerprint(picture.pixels, picture.pixels)
    return row(number, truth, digest=picture.sha256, file=picture.file, mark=mark)


CAT, ROCKET, CUP = (
    Image.fromarray(each) for each in (data.chelsea(), data.rocket(), data.coffee())
)


def test_the_hash_is_the_sign_of_low_frequencies() -> None:
    pixels = np.asarray(CAT)
    grey = np.asarray(CAT.convert("L").resize((32, 32), Image.Resampling.BOX), np.float64)
    basis = fft.dct(np.eye(32), norm="ortho", axis=0)  # written as a product of matrices
    low = (basis @ grey @ basis.T)[:8, :8].ravel()
    bits = low > np.median(low[1:])
    expected = sum(1 << at for at in range(64) if bits[at])
    assert fingerprint(pixels, pixels).hash == expected


def test_copies_of_every_kind() -> None:
    jpeg = saved(CAT, "JPEG", quality=60)
    small = saved(CAT.resize((CAT.width // 2, CAT.height // 2)))
    rows = [
        as_row(0, saved(CAT)),
        as_row(1, saved(ROCKET), 1),
        as_row(2, saved(CAT)),  # the same file
        as_row(3, saved(CAT, compress_level=1), 2),  # the same pixels in another file
        as_row(4, jpeg),
        as_row(5, small),
        as_row(6, saved(CUP), 3),
    ]
    found = {each.kind: each for each in copies(rows)}
    assert found["file"].places == (0, 2)
    assert not found["file"].disagree
    assert found["pixels"].places == (0, 2, 3)
    assert found["pixels"].disagree
    assert found["pixels"].classes == (0, 2)
    assert found["near"].places == (0, 2, 3, 4, 5)
    assert copies(rows)[0].disagree, "faults of labels come first"


@pytest.mark.parametrize("quality", [20, 40, 90])
@pytest.mark.parametrize("scale", [0.35, 0.8, 1.6])
def test_changed_copies_are_near(quality: int, scale: float) -> None:
    for number, image in enumerate((CAT, ROCKET, CUP)):
        size = tuple(max(8, round(side * scale)) for side in image.size)
        pair = [
            as_row(0, saved(image)),
            as_row(1, saved(image.resize(size), "JPEG", quality=quality)),
        ]
        assert [each.kind for each in copies(pair)] == ["near"], number


def test_other_pictures_and_flat_ones_are_no_copies() -> None:
    flat = [saved(Image.new("RGB", (40, 40), (n, n, n))) for n in (0, 3, 200)]
    parts = [saved(CAT.crop((x, 0, x + 200, 300))) for x in (0, 90, 200)]
    rows = [as_row(n, each) for n, each in enumerate([*flat, *parts, saved(ROCKET), saved(CUP)])]
    assert copies(rows) == ()
    assert copies([]) == ()


def test_every_pair_within_the_distance_is_found_and_no_other() -> None:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 2**63, 60, dtype=np.uint64)
    changed = [
        each ^ sum((np.uint64(1) << np.uint64(bit)) for bit in rng.choice(64, count, replace=False))
        for each in base
        for count in (1, DISTANCE, DISTANCE + 1)
    ]
    hashes = np.unique(np.array([*base, *changed], np.uint64))
    far = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    expected = {
        (int(hashes[a]), int(hashes[b]))
        for a, b in zip(*np.nonzero(np.triu(far <= DISTANCE, 1)), strict=True)
    }
    assert set(_pairs(hashes)) == expected
    assert len(list(_pairs(hashes))) == len(expected)


def test_many_pictures_do_not_take_the_square_of_their_number() -> None:
    """All pairs of 100,000 hashes would not fit into memory or time."""
    rng = np.random.default_rng(1)
    hashes = np.unique(rng.integers(0, 2**63, 100_000, dtype=np.uint64))
    assert len(list(_pairs(hashes))) < 20


def test_one_picture_many_times() -> None:
    mark = Fingerprint(5, np.arange(256, dtype=np.uint8), np.zeros((4, 48), np.uint8))
    (found,) = copies([row(n, 0, mark=mark) for n in range(3000)])
    assert (found.kind, len(found.places)) == ("near", 3000)
