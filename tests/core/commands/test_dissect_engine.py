"""`dissect` with workers of Ray: what it writes is what one process writes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.commands import spread_probes
from core.commands.entry_point import OK, STOPPED, main
from core.commands.probe_share import ProbeShareRequest, run_share
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.concepts.encoders import load as encoders
from core.concepts.vocabulary import Vocabulary
from core.errors import BadProbes, Cancelled
from core.export import dissection as export
from core.requests.dissections import DissectionRequest
from core.requests.references import EncoderRef, ProbesRef, WordsRef
from core.work.ray_executor import RayExecutor
from core.work.resources import Resources
from tests.conftest import classifier_of, tiny_net
from tests.core.colours import COLOURS, Colours
from tests.core.conftest import coloured

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.usefixtures("loaded")]
COUNT = 140
"""Probe pictures: two blocks."""
TEXTS = ("descriptions.csv", "summary.json", "args.json", "checks.csv")


@pytest.fixture(autouse=True)
def encoder(monkeypatch: pytest.MonkeyPatch) -> list[Colours]:
    """The encoders that this process has loaded; nothing is drawn."""
    found: list[Colours] = []

    def made(name: str, *given: object, **named: object) -> Colours:
        found.append(Colours(Vocabulary("taught", COLOURS)))
        return found[-1]

    monkeypatch.setattr(encoders, "load", made)
    monkeypatch.setattr(export, "figures", lambda *given: ())
    return found


@pytest.fixture(autouse=True)
def shares(on_ray: RayExecutor, monkeypatch: pytest.MonkeyPatch) -> list[ProbeShareRequest]:
    """Commands use the workers that all tests share; the shares that were asked for."""
    asked: list[ProbeShareRequest] = []
    submit = on_ray.submit

    def noted(request: object, *rest: Any, **named: Any) -> Any:
        if isinstance(request, ProbeShareRequest):
            asked.append(request)
        return submit(request, *rest, **named)

    def borrowed(
        engine: object, resources: Resources, *, receive: Callable[..., None], **rest: object
    ) -> RayExecutor:
        monkeypatch.setattr(on_ray, "resources", resources)
        monkeypatch.setattr(on_ray, "_receive", receive)
        return on_ray

    monkeypatch.setattr(on_ray, "submit", noted)
    monkeypatch.setattr(on_ray, "close", lambda: None)
    monkeypatch.setattr(spread_probes, "RayExecutor", borrowed)
    return asked


@pytest.fixture
def probes(tmp_path: Path) -> Path:
    """A folder of pictures, one of which is cut off."""
    folder = tmp_path / "probes"
    folder.mkdir()
    for number in range(COUNT):
        Image.fromarray(coloured(COUNT).load(number).pixels).save(folder / f"{number:03}.png")
    whole = (folder / "007.png").read_bytes()
    (folder / "007.png").write_bytes(whole[: len(whole) // 2])
    return folder


@pytest.fixture
def dissect(tmp_path: Path, probes: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def run(name: str, *words: str) -> int:
        """Dissect into the folder of that name, with a cache of that name."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / f"{name}-cache"))
        layers, model = "blocks.0,fc", "resnet18:random"
        given = ("--probes", str(probes), "--layers", layers, "--model", model, "--device", "cpu")
        return main(["dissect", *given, "--draws", "50", "--out", str(tmp_path / name), *words])

    return run


def texts(folder: Path) -> dict[str, bytes]:
    there = [folder / name for name in TEXTS if (folder / name).is_file()]
    return {path.name: path.read_bytes() for path in there}


def blocks(cache: Path) -> int:
    """How many blocks of pictures are there; words and results are others."""
    found = {path.parent for path in cache.rglob("000001.npz")}
    return sum(len(list(folder.glob("*.npz"))) for folder in found)


@pytest.mark.parametrize("sees", [True, False])
def test_rows_are_equal_to_the_last_bit(
    dissect: Callable[..., int],
    tmp_path: Path,
    shares: list[ProbeShareRequest],
    encoder: list[Colours],
    sees: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where no worker sees the folder of tables: it sends them then."""
    check = ("--check", str(tmp_path / "probes" / "000.png"))
    assert dissect("one", *check) == OK
    if not sees:
        monkeypatch.setattr(spread_probes, "write_whole", lambda path, data: None)
    cache = tmp_path / "two-cache"
    left = cache / "seewhy" / "dissect" / "shares-of-a-killed-command"
    left.parent.mkdir(parents=True)
    left.touch()
    os.utime(left, (0, 0))
    stages: list[str] = []
    monkeypatch.setattr(Progress, "__call__", lambda self, share, stage="": stages.append(stage))
    assert dissect("two", "--engine", "ray", *check) == OK
    assert texts(tmp_path / "one") == texts(tmp_path / "two")
    assert set(texts(tmp_path / "two")) == set(TEXTS)
    assert b"007.png" in texts(tmp_path / "two")["args.json"], "the picture that cannot be read"
    assert [share.blocks for share in shares] == [(0,), (1,)]
    assert encoder[-1].seen == 0, "this process has shown no picture"
    assert any(stage.startswith("picture ") and f" of {COUNT}" in stage for stage in stages)
    assert blocks(cache) == blocks(tmp_path / "one-cache") == 6
    assert not list(cache.rglob("shares-*")), "tokens are removed"
    shares.clear()
    assert dissect("two", "--engine", "ray", "--top-words", "2") == OK
    assert not shares, "other words need no picture again"


def test_a_stop_keeps_whole_blocks_and_a_later_run_goes_on(
    dissect: Callable[..., int],
    tmp_path: Path,
    shares: list[ProbeShareRequest],
    on_ray: RayExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = Stop.check
    cache = tmp_path / "two-cache"

    def stopped(self: Stop) -> None:
        check(self)
        if any(len(list(cache.rglob(f"{n:06}.npz"))) == 3 for n in (0, 1)):
            raise Cancelled("Stopped.")

    monkeypatch.setattr(Stop, "check", stopped)
    assert dissect("two", "--engine", "ray") == STOPPED
    assert on_ray.workers.settled(20.0)
    assert not (tmp_path / "two" / "descriptions.csv").exists()
    monkeypatch.setattr(Stop, "check", check)
    shares.clear()
    whole = {n for n in (0, 1) if len(list(cache.rglob(f"{n:06}.npz"))) == 3}
    assert whole
    assert dissect("two", "--engine", "ray") == OK
    assert {number for share in shares for number in share.blocks} == {0, 1} - whole
    assert dissect("one") == OK
    assert texts(tmp_path / "one") == texts(tmp_path / "two")


def test_a_machine_without_the_pictures_says_so() -> None:
    model = classifier_of(tiny_net()).reference
    of = DissectionRequest(
        model=model,
        encoder=EncoderRef("imagenet_words", "0" * 64),
        probes=ProbesRef("1" * 64, "no/such/folder"),
        words=WordsRef("2" * 64, "builtin"),
    )
    asked = ProbeShareRequest(of=of, blocks=(0,), root="", token="x")
    with pytest.raises(BadProbes, match=r"^On the machine .+: no/such/folder cannot be read"):
        run_share(asked, Resources(), lambda fraction, stage="": None)  # type: ignore[arg-type]
