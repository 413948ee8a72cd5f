"""A folder of results, as `explain` writes it, with a tiny model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.caching.once import Once
from core.explain.base import Explanation, Subject
from core.export.bundle import RECORD, picture_files
from core.export.reading import SeenPicture
from core.export.record import Explained, document_parts, picture_record
from core.models.classifier import Classifier
from core.models.record import model_record
from core.pictures.picture import read
from core.requests.maps import Fit
from core.requests.references import PictureRef
from core.requests.settings_text import lime_of
from core.requests.studies import StudyRequest
from tests.conftest import run

LIME = lime_of({"segments": "grid", "samples": 50})
Results = Callable[..., Path]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small picture, and one that is larger than what is held of it."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for name, size in (("small.png", (40, 56)), ("large.png", (60, 3000))):
        blocks = rng.integers(0, 256, (size[0] // 4, size[1] // 4, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize(size[::-1], Image.Resampling.NEAREST).save(folder / name)
    return folder


@pytest.fixture(scope="session")
def results(tiny: Classifier, photos: Path) -> Results:
    """Writes a folder: `results(folder, fit="crop", methods=("grad-cam",), flat=True)`."""

    def write(
        folder: Path,
        fit: Fit = "squash",
        methods: Sequence[str] = ("grad-cam", "lime"),
        targets: Sequence[int] = (0, 2),
        *,
        flat: bool = False,
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        records = []
        for number, name in enumerate(("small.png", "large.png")):
            picture = read(photos / name)
            prepared, asked = tiny.prepare(picture, fit), PictureRef.of(picture)
            study = StudyRequest(
                pictures=(asked,), model=tiny.reference, fit=fit, methods=tuple(methods), lime=LIME
            )
            wanted = [study.map_of(each, asked, at) for each in methods for at in targets]
            subject = Subject(tiny, prepared, Once(1 << 24))
            made = [run(each, subject) for each in wanted]
            explained = Explained(
                SeenPicture(picture, fit, prepared.box),
                tuple(tiny.predict(prepared))[:2],
                tuple(_flat(each) for each in made) if flat else tuple(made),
                study.prediction(asked),
                tuple(wanted),
                (3, "crane (machine)") if number else None,
            )
            names = []
            for file, data in picture_files(explained, picture.stem):
                (folder / file).write_bytes(data)
                names.append(file)
            records.append(picture_record(explained, names))
        (folder / RECORD).write_bytes(
            b"".join(document_parts(model_record(tiny), fit, "CPU", records))
        )
        return folder

    return write


def _flat(made: Explanation) -> Explanation:
    return replace(made, heat=np.zeros_like(made.heat), shown=np.zeros_like(made.shown))


@pytest.fixture(scope="session")
def folder(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures; Grad-CAM and LIME for the classes 0 and 2."""
    return results(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def cropped(results: Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures as training shows them: their middle."""
    return results(tmp_path_factory.mktemp("cropped"), "crop", ("grad-cam",), (0,))
