"""A request is plain: a fresh process with its JSON and the files gives the same arrays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.commands.names import Names
from core.models.efficientnet_lite import DEFAULT
from core.models.reference import reference_of
from core.requests.audits import CoverRequest, FactsRequest
from core.requests.dissections import (
    ChannelCheckRequest,
    DialRequest,
    DissectionRequest,
    EvidenceRequest,
)
from core.requests.maps import (
    LimeRequest,
    MapRequest,
    PredictionRequest,
    SamplesRequest,
    Segmentation,
    SuperpixelsRequest,
)
from core.requests.paintings import Painting
from core.requests.plain import to_json
from core.requests.references import PictureRef
from core.requests.reveals import RevealRequest
from core.requests.studies import OverlapRequest, Rule, ThresholdsRequest
from core.work.handlers import handler_of
from core.work.resources import Resources
from tests.conftest import blocks_picture

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from core.requests.plain import from_json
from core.work.handlers import handler_of
from core.work.resources import Resources
from tests.core.requests.test_fresh_process import arrays_of, NoLink

resources = Resources()
resources.offer_picture_file(Path(sys.argv[1]))
for number, line in enumerate(Path(sys.argv[2]).read_text().splitlines()):
    request = from_json(line)
    found = arrays_of(handler_of(request).run(request, resources, NoLink()))
    np.savez(Path(sys.argv[3]) / f"{number}.npz", *found)
"""


class NoLink:
    """A link to nobody."""

    def __call__(self, fraction: float, stage: str = "") -> None: ...

    def publish(self, value: object) -> None: ...


def arrays_of(result: object) -> list[np.ndarray]:
    """Every array and number of a result, in order."""
    if isinstance(result, np.ndarray):
        return [result]
    if isinstance(result, bool | int | float):
        return [np.asarray(result)]
    if isinstance(result, dict):
        return [array for name in sorted(result) for array in arrays_of(result[name])]
    if isinstance(result, list | tuple):
        return [array for item in result for array in arrays_of(item)]
    names = getattr(type(result), "__dataclass_fields__", {})
    return [
        array
        for name in names
        if name not in ("seconds", "passes", "reused")
        for array in arrays_of(getattr(result, name))
    ]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(blocks_picture(90, 120).pixels).save(path)
    return path


@pytest.mark.slow
def test_each_kind_gives_the_same_arrays_in_a_fresh_process(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = Resources()
    picture = resources.offer_picture_file(photo)
    requests = [*every_kind(picture), dissection(resources, tmp_path)]
    (tmp_path / "requests.jsonl").write_text("\n".join(map(to_json, requests)))
    arguments = [str(photo), str(tmp_path / "requests.jsonl"), str(tmp_path)]
    # Folders of their own: neither finds what the other has computed.
    elsewhere = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "there")}
    subprocess.run([sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, check=True, env=elsewhere)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "here"))
    for number, request in enumerate(requests):
        here = arrays_of(handler_of(request).run(request, resources, NoLink()))
        assert here, request
        with np.load(tmp_path / f"{number}.npz") as archive:
            there = [archive[name] for name in archive.files]
        assert len(there) == len(here)
        for one, two in zip(here, there, strict=True):
            assert one.dtype == two.dtype
            assert np.array_equal(one, two, equal_nan=one.dtype.kind == "f"), request


def dissection(resources: Resources, tmp_path: Path) -> DissectionRequest:
    """Of pictures in a folder, with the words of a file."""
    folder = tmp_path / "probes"
    folder.mkdir()
    for number in range(12):
        shade = blocks_picture(40 + number, 50).pixels // (1 + number % 3)
        Image.fromarray(shade).save(folder / f"{number:02}.png")
    words = tmp_path / "words.txt"
    words.write_text("dog\nhouse cat\nred\nhorizontal lines\n")
    names = Names(resources)
    model = reference_of(DEFAULT, "cpu")
    encoder = names.encoder("imagenet_words", "cpu", model)
    return DissectionRequest(
        model=model,
        layers=("blocks.1.0", "blocks.5.3"),
        encoder=encoder,
        probes=names.probes(str(folder)),
        words=names.words(str(words), encoder),
        draws=50,
    )


def every_kind(picture: PictureRef) -> list[object]:
    model = reference_of(DEFAULT, "cpu")
    grid = Segmentation(algorithm="grid", cells=4)
    parts = SuperpixelsRequest(picture=picture, model=model, segmentation=grid)
    lime = LimeRequest(samples=SamplesRequest(superpixels=parts, samples=60, seed=3), target=5)
    grad = MapRequest(picture=picture, model=model, method="grad-cam", target=5, smooth="aug")
    score = MapRequest(
        picture=picture,
        model=model,
        fit="crop",
        method="score-cam",
        target=5,
        options=(("channels", 8),),
    )
    return [
        PredictionRequest(picture=picture, model=model),
        grad,
        score,
        parts,
        lime.samples,
        lime,
        OverlapRequest(maps=(grad, lime), rules=(Rule("top", 10), Rule("superpixels", 3))),
        ThresholdsRequest(first=grad, second=score),
        EvidenceRequest(picture=picture, model=model, layer="blocks.5.3", target=5, how="drop"),
        ChannelCheckRequest(
            picture=picture, model=model, layer="bn2", target=5, channels=(4, 90), seed=2
        ),
        DialRequest(
            picture=picture, model=model, layer="bn2", target=5, channels=(4, 90), factor=1.5
        ),
        RevealRequest(
            maps=(grad, lime),
            paintings=(Painting.of(np.tri(28, dtype=bool)), Painting.of(np.eye(20, dtype=bool))),
        ),
        FactsRequest(picture=picture, model=model, truth=5),
        CoverRequest(picture=picture, model=model, target=5, places=(0, 8)),
    ]


def test_the_record_of_a_request_is_small() -> None:
    request = every_kind(PictureRef("0" * 64, "photo.png"))[5]
    assert len(to_json(request)) < 4000
    assert json.loads(to_json(request))["type"] == "LimeRequest"
