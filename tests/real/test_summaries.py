"""The published tables of descriptions give the published numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.commands.summarize import summary
from core.concepts import vocabulary
from core.concepts.result import label_table
from core.concepts.result.summary import counts_of, entropy, layers_of, top


@pytest.fixture(scope="module")
def tables(test_data: Path) -> Path:
    folder = test_data / "data/clip-dissect"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


def told(tables: Path, *names: str) -> dict[str, Any]:
    return summary([label_table.read(tables / f"{name}.csv") for name in names], 50, 0.16)


def test_reference_models(tables: Path) -> None:
    found = told(tables, "resnet18_places_imagenet_broden", "resnet50_imagenet_broden")
    places, imagenet = found["files"]
    assert (places["neurons"], places["distinct"], places["labelled"]) == (1024, 457, 714)
    assert (imagenet["neurons"], imagenet["distinct"], imagenet["labelled"]) == (3904, 1110, 3036)
    assert places["top"][:7] == [
        ["dotted", 50],
        ["textile", 27],
        ["checker", 21],
        ["darkness", 20],
        ["female", 18],
        ["juvenile", 18],
        ["worksheet", 16],
    ]
    assert found["shared_top"] == 25
    assert found["jaccard"] == pytest.approx(0.2486, abs=5e-5)
    assert found["histogram_overlap"] == pytest.approx(0.4783, abs=5e-5)
    assert found["jsd_bits"] == pytest.approx(0.3960, abs=5e-5)
    assert [places["entropy_nats"], imagenet["entropy_nats"]] == pytest.approx(
        [5.6050, 6.2570], abs=5e-5
    )


def test_layers_and_ties(tables: Path) -> None:
    units = label_table.read(tables / "resnet18_places_imagenet_broden.csv")
    found = {
        name: (one.neurons, one.distinct, one.labelled)
        for name, one in layers_of(units, 0.16).items()
    }
    assert found == {
        "conv1": (64, 17, 21),
        "layer1": (64, 37, 24),
        "layer2": (128, 67, 56),
        "layer3": (256, 148, 134),
        "layer4": (512, 317, 479),
    }
    cut = top(counts_of(units), 50)
    assert (cut.above, cut.tied, cut.ranked[-1][1]) == (34, 26, 4)


@pytest.mark.parametrize(
    ("name", "count"),
    [("3k", 3000), ("10k", 9894), ("20k", 20_000), ("broden_labels_clean", 1153)],
)
def test_published_word_lists(tables: Path, name: str, count: int) -> None:
    assert len(vocabulary.read(tables / f"{name}.txt").words) == count


def test_a_public_run(tables: Path) -> None:
    found = told(tables, "run27_resnet18_imagenet", "run27_resnet18_places365")
    assert [one["distinct"] for one in found["files"]] == [374, 428]
    assert [one["labelled"] for one in found["files"]] == [580, 678]
    assert found["shared_top"] == 28
    assert found["jaccard"] == pytest.approx(0.2853, abs=5e-5)
    assert found["histogram_overlap"] == pytest.approx(0.5056, abs=5e-5)
    assert found["jsd_bits"] == pytest.approx(0.3849, abs=5e-5)
    assert entropy({"a": 1}) == 0
