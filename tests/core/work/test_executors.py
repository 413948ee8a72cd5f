"""What every executor does alike: in this process, and with workers of Ray on two machines."""

from __future__ import annotations

import dataclasses
import io
import math
import socket
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.concepts.vocabulary import Vocabulary
from core.errors import BadOption, BadPicture, Cancelled, SeeWhyError, UnknownLayer
from core.explain.perturb.sample_cache import SampleProgress
from core.files.digests import file_digest
from core.files.names import safe_file
from core.models import load
from core.models.classifier import Classifier
from core.pictures.picture import Picture
from core.requests.dissections import DissectionRequest
from core.requests.keys import key_of
from core.requests.loading import (
    AbilitiesRequest,
    EstimateRequest,
    ProbesRequest,
    SummaryRequest,
    TrustRequest,
)
from core.requests.maps import (
    AnyMap,
    LimeRequest,
    MapRequest,
    PredictionRequest,
    SamplesRequest,
    Segmentation,
    SuperpixelsRequest,
)
from core.requests.measures import (
    CheckRequest,
    ControlRequest,
    MeasureRequest,
    MeasureSettings,
    StepRequest,
)
from core.requests.plain import as_plain
from core.requests.references import EncoderRef, PictureRef, ProbesRef
from core.work import handlers, ray_call, ray_cluster, ray_workers
from core.work.engine import Engine, engine_of
from core.work.handlers import HANDLERS, handler_of
from core.work.handlers.lime import kept, missing
from core.work.handlers.maps import UNKNOWN, is_cheap, map_cost, map_seconds
from core.work.local_executor import LocalExecutor
from core.work.ray_cluster import Plan
from core.work.ray_contents import here, needs_of, packed, pieces_of, unpacked
from core.work.ray_executor import RayExecutor
from core.work.ray_workers import RayWorkers
from core.work.resources import Resources
from tests.conftest import blocks_picture
from tests.core.colours import COLOURS
from tests.core.work import tiny_worker
from tests.core.work.steps import until
from tests.core.work.tiny_worker import Fails, Kills, Slow, with_tiny

SOON = 60.0
FEW = MeasureSettings(steps=2, stages=2)
pytestmark = pytest.mark.xdist_group("ray")


@pytest.fixture(params=["local", "ray"])
def executor(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LocalExecutor]:
    for kind, handler in tiny_worker.HANDLERS.items():
        monkeypatch.setitem(handlers.HANDLERS, kind, handler)  # type: ignore[arg-type]
    if request.param == "ray":
        yield request.getfixturevalue("on_ray")
        return
    made = LocalExecutor(with_tiny(Resources()))
    yield made
    made.close()


def done(executor: LocalExecutor, request: object) -> Any:
    job = executor.submit(request, "me")
    assert job.wait(SOON)
    return job.result()


class Requests:
    """Requests of the tiny classifier about a picture that only this process has."""

    def __init__(self, tiny: Classifier, picture: Picture) -> None:
        self.model, self.picture = tiny.reference, PictureRef.of(picture)
        self.of = {"picture": self.picture, "model": self.model}
        self.map = MapRequest(**self.of, method="grad-cam", target=1)
        grid = SuperpixelsRequest(**self.of, segmentation=Segmentation(algorithm="grid", cells=3))
        self.samples = SamplesRequest(superpixels=grid, samples=60)
        self.lime = LimeRequest(samples=self.samples, target=1)
        control = ControlRequest(**self.of, target=1, control="random", seed=5)
        self.all: tuple[object, ...] = (
            AbilitiesRequest(model=self.model),
            PredictionRequest(**self.of),
            self.map,
            replace(self.map, method="score-cam", layers=("blocks.0",)),
            replace(self.map, method="smoothgrad", seed=3),
            grid,
            self.samples,
            self.lime,
            TrustRequest(lime=self.lime, check="intervals"),
            MeasureRequest(map=self.map, measure="single-deletion", settings=FEW),
            MeasureRequest(map=control, measure="average-drop", settings=FEW),
            CheckRequest(map=self.map, measure="single-deletion", settings=FEW),
            StepRequest(map=self.map, settings=FEW, percent=30, deletes=True),
        )


@pytest.fixture
def requests(tiny: Classifier, picture: Picture) -> Requests:
    return Requests(tiny, picture)


def same(one: object, two: object, where: str = "") -> None:
    """Check that two results are equal to the last bit, but for the time that they took."""
    assert type(one) is type(two), where
    if isinstance(one, np.ndarray):
        assert isinstance(two, np.ndarray)
        assert one.dtype == two.dtype, where
        np.testing.assert_array_equal(one, two, err_msg=where)
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            if field.name != "seconds" and not callable(getattr(one, field.name)):
                name = field.name
                same(getattr(one, name), getattr(two, name), f"{where}.{name}")
    elif isinstance(one, Mapping):
        assert isinstance(two, Mapping)
        assert list(one) == list(two), where
        for key in one:
            same(one[key], two[key], f"{where}[{key}]")
    elif isinstance(one, list | tuple):
        assert isinstance(two, list | tuple)
        assert len(one) == len(two), where
        for at, (first, second) in enumerate(zip(one, two, strict=True)):
            same(first, second, f"{where}[{at}]")
    else:
        assert one == two or (one != one and two != two), where


def test_results_are_equal_to_the_last_bit(
    executor: LocalExecutor, requests: Requests, picture: Picture
) -> None:
    executor.resources.offer_picture(picture, lambda: picture)
    own = with_tiny(Resources())
    own.offer_picture(picture)
    for request in requests.all:
        direct = handler_of(request).run(request, own, _Quiet())
        same(done(executor, request), direct, type(request).__name__)


class _Quiet:
    def __call__(self, fraction: float, stage: str = "") -> None: ...

    def publish(self, value: object) -> None: ...


def test_equal_requests_are_one_job_for_all_visitors(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    asked = Slow(name="one", folder=str(tmp_path))
    job = executor.submit(asked, "me")
    assert executor.submit(replace(asked), "you") is job
    until(asked.begun.exists)
    job.stop("me")
    assert job.stopped_by("me")
    assert not job.ended, "you still wait for it"
    asked.go.touch()
    assert job.wait(SOON)
    assert job.result() == "one"
    assert asked.begun.read_text() == "x", "computed once"
    assert executor.submit(asked, "third").result() == "one"


def test_progress_and_partial_results_come_through(executor: LocalExecutor, tmp_path: Path) -> None:
    asked = Slow(name="told", folder=str(tmp_path))
    job = executor.submit(asked, "me")
    until(lambda: job.version > 2)
    assert isinstance(job.partial, int)
    assert job.stage.startswith("step")
    assert 0 < job.fraction < 1
    asked.go.touch()
    assert job.wait(SOON)


def test_samples_of_lime_show_on_the_way(
    executor: LocalExecutor, requests: Requests, picture: Picture
) -> None:
    executor.resources.offer_picture(picture, lambda: picture)
    many = replace(requests.samples, samples=5000, seed=11)
    job = executor.submit(many, "me")
    until(lambda: job.ended or job.partial is not None)
    assert isinstance(job.partial, SampleProgress)
    job.stop("me")
    assert job.ended
    until(lambda: kept(many, executor.resources) > 0)
    there = kept(many, executor.resources)
    assert missing(many, executor.resources) <= 5000 - there
    # What was computed before the stop is not lost.
    assert kept(replace(many, samples=50), executor.resources) == min(50, there)


def test_stop_ends_the_work_and_it_can_be_asked_for_again(
    executor: LocalExecutor, tmp_path: Path
) -> None:
    asked = Slow(name="stopped", folder=str(tmp_path))
    job = executor.submit(asked, "me")
    until(asked.begun.exists)
    job.stop("me")
    assert job.state == "stopped"
    with pytest.raises(Cancelled):
        job.result()
    until(asked.ended.exists)
    assert executor.submit(asked, "me", again=False) is job
    executor.forget(job.key, "me")
    asked.go.touch()
    again = executor.submit(asked, "me", again=False)
    assert again.wait(SOON)
    assert again.result() == "stopped"


def test_release_leaves_all_but_some(executor: LocalExecutor, tmp_path: Path) -> None:
    first, second = (Slow(name=name, folder=str(tmp_path)) for name in ("first", "second"))
    left, kept_job = executor.submit(first, "me"), executor.submit(second, "me")
    until(first.begun.exists)
    executor.release("me", {kept_job.key})
    assert left.state == "stopped"
    second.go.touch()
    assert kept_job.wait(SOON)
    assert kept_job.result() == "second"


@pytest.mark.parametrize(
    ("error", "kind"), [("UnknownLayer", UnknownLayer), ("BadPicture", BadPicture), ("", None)]
)
def test_a_failure_is_the_same_sentence_of_the_same_kind(
    executor: LocalExecutor, error: str, kind: type[SeeWhyError] | None
) -> None:
    asked = Fails(error=error, sentence="There is no layer x: choose y.")
    job = executor.submit(asked, "me")
    assert job.wait(SOON)
    assert job.state == "failed"
    with pytest.raises(kind or SeeWhyError) as raised:
        job.result()
    if kind:
        assert type(raised.value) is kind
        assert str(raised.value) == asked.sentence
    else:
        assert str(raised.value).startswith(
            "The failure failed unexpectedly (RuntimeError: There is no layer x"
        )
    executor.forget(job.key, "me")
    assert executor.submit(asked, "me", again=False) is not job


def test_a_picture_that_nobody_has_is_one_sentence(
    executor: LocalExecutor, requests: Requests
) -> None:
    gone = PictureRef("f" * 64, "gone.png")
    with pytest.raises(BadPicture, match=r"^gone\.png is not on this machine: choose it again\.$"):
        done(executor, replace(requests.map, picture=gone))


def test_costs_are_those_of_where_the_model_is(on_ray: RayExecutor, requests: Requests) -> None:
    own = with_tiny(Resources())
    own.offer_picture(blocks_picture(seed=3))
    maps: tuple[AnyMap, ...] = (
        requests.map,
        replace(requests.map, method="score-cam", layers=("blocks.0",)),
        replace(requests.map, method="rise"),
        replace(requests.lime, samples=replace(requests.samples, seed=77)),
    )
    on_ray.resources.offer_picture(blocks_picture())
    done(on_ray, PredictionRequest(**requests.of))
    assert on_ray.resources.loaded(requests.model) is None, "this process holds no model"
    for each in maps:
        assert map_cost(each, on_ray.resources) == map_cost(each, own)
        assert is_cheap(each, on_ray.resources) == is_cheap(each, own)
    smooth = replace(requests.map, method="smoothgrad", seed=8)
    done(on_ray, smooth)
    assert map_seconds(replace(smooth, seed=9), on_ray.resources) is not None
    start = time.monotonic()
    for _ in range(100):
        map_cost(requests.map, on_ray.resources)
    assert time.monotonic() - start < 5.0, "an answer is kept"
    unknown = replace(requests.map, model=replace(requests.model, id="other:random"))
    assert map_cost(unknown, on_ray.resources) == UNKNOWN


def test_a_finished_map_is_sent_to_the_worker_that_measures_it(
    on_ray: RayExecutor, requests: Requests, picture: Picture
) -> None:
    on_ray.resources.offer_picture(picture, lambda: picture)
    made = done(on_ray, replace(requests.map, target=2))
    turned = replace(made, shown=np.ascontiguousarray(made.shown[::-1]))
    asked = MeasureRequest(
        map=replace(requests.map, target=3), measure="single-deletion", settings=FEW
    )
    on_ray.resources.results.put(key_of(asked.map), turned)  # a map that no worker would make
    got = done(on_ray, asked)
    own = with_tiny(Resources())
    own.offer_picture(picture)
    own.results.put(key_of(asked.map), turned)
    expected = handler_of(asked).run(asked, own, _Quiet())
    assert got.measured.value == expected.measured.value
    assert not math.isnan(got.measured.value)


def test_what_died_with_its_worker_is_computed_by_another(
    on_ray: RayExecutor, tmp_path: Path
) -> None:
    assert done(on_ray, Kills(folder=str(tmp_path), times=1)) == 2


def test_what_kills_every_worker_is_given_up(on_ray: RayExecutor, tmp_path: Path) -> None:
    asked = Kills(folder=str(tmp_path), times=99)
    with pytest.raises(SeeWhyError, match=r"^The trap was given up, because 2 workers of Ray"):
        done(on_ray, asked)
    assert (tmp_path / "begun").read_text() == "xx"
    assert done(on_ray, Kills(folder=str(tmp_path), times=0)) == 3, "workers come back"


def test_weights_that_were_uploaded_here_are_sent_in_pieces(
    tmp_path: Path, tiny: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = tiny_worker.TinyWorker(1, str(Path.cwd()))
    path = tmp_path / "own.pth"
    path.write_bytes(bytes(range(256)) * 100)
    digest = file_digest(path)
    model = replace(tiny.reference, source="own_file", weights=digest, weights_name="own.pth")
    asked, far = SummaryRequest(model=model), str(tmp_path / "not-there")
    _, lacking = worker.begin("1", as_plain(asked), "It", [digest], {digest: far})
    assert lacking == [digest]
    need = next(each for each in needs_of(asked, HANDLERS) if each.key == digest)
    pieces = list(pieces_of(path, 10_000))
    assert len(pieces) == 3
    for number, piece in enumerate(pieces):
        worker.give_file(need, piece, number == 2)
    sent = worker.resources.offers.file(digest, "own.pth")
    assert sent.read_bytes() == path.read_bytes()
    assert sent != path
    assert worker.begin("2", as_plain(asked), "It", [digest], {digest: far})[1] == []
    # Where the path leads to the same file, nothing is sent.
    worker.leave()
    load.load = worker.load
    other = tiny_worker.TinyWorker(1, str(Path.cwd()))
    assert other.begin("1", as_plain(asked), "It", [digest], {digest: str(path)})[1] == []
    other.leave()
    load.load = worker.load


def uploaded(folder: Path) -> tuple[Path, ProbesRequest]:
    """A ZIP file of probe pictures, under a name that no file system takes, and its request."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(12):
            file = io.BytesIO()
            Image.fromarray(blocks_picture(seed=number).pixels).save(file, "png")
            archive.writestr(f"{number:02}.png", file.getvalue())
    name = 'my "blocks": one/two.zip'
    path = folder / safe_file(name)
    path.write_bytes(buffer.getvalue())
    return path, ProbesRequest(digest=file_digest(path), name=name)


def estimate_of(tiny: Classifier, probes: ProbesRef, resources: Resources) -> EstimateRequest:
    encoder = EncoderRef("imagenet_words", "0" * 64)
    words = resources.concepts.offer_words(Vocabulary("taught", COLOURS), "builtin")
    return EstimateRequest(
        dissection=DissectionRequest(
            model=tiny.reference, layers=("fc",), encoder=encoder, probes=probes, words=words
        )
    )


def test_uploaded_probe_pictures_reach_the_workers(
    on_ray: RayExecutor, tiny: Classifier, tmp_path: Path
) -> None:
    path, asked = uploaded(tmp_path)
    on_ray.resources.offers.add(asked.digest, lambda: path)
    probes = done(on_ray, asked)
    found = done(on_ray, estimate_of(tiny, probes, on_ray.resources))
    assert (found.pictures, found.of) == (12, 12)


def test_uploaded_probe_pictures_are_sent_in_pieces(
    tmp_path: Path, tiny: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a worker on a machine where their path leads nowhere."""
    path, sent = uploaded(tmp_path)
    own = Resources()
    own.offers.add(sent.digest, lambda: path)
    probes = handler_of(sent).run(sent, own, _Quiet())
    assert isinstance(probes, ProbesRef)
    asked = estimate_of(tiny, probes, own)
    needs = needs_of(asked, HANDLERS)
    there = here(needs, own)
    assert there[probes.digest] == path
    monkeypatch.setattr(load, "load", load.load)  # a worker changes it
    worker = tiny_worker.TinyWorker(1, str(Path.cwd()))
    far = {probes.digest: str(tmp_path / "not-there")}
    _, lacking = worker.begin("1", as_plain(asked), "It", list(there), far)
    assert probes.digest in lacking
    for need in needs:
        content = there.get(need.key)
        if isinstance(content, Path):
            pieces = list(pieces_of(content, 1000))
            assert len(pieces) > 2
            for number, piece in enumerate(pieces):
                worker.give_file(need, piece, number == len(pieces) - 1)
        elif need.key in lacking:
            worker.give(need, packed(content))
    assert worker.begin("2", as_plain(asked), "It", list(there), far)[1] == []
    until(lambda: worker.look("2", 0, 0.1).end != "")
    assert unpacked(worker.look("2", 0, 0.1).value).of == 12  # type: ignore[attr-defined]
    # Nothing is kept or offered where only a path is named: the worker opens that itself.
    assert here(needs_of(ProbesRef("1" * 64, "builtin"), HANDLERS), own) == {}
    worker.leave()


def test_work_waits_while_nobody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_call, "GRACE", 0.1)
    call = ray_call.Call("life")
    done, threads = [], []

    def work() -> None:
        for step in range(200):
            call(step / 200, "working")
            done.append(step)
            time.sleep(0.005)

    threads.append(threading.Thread(target=work))
    threads[0].start()
    time.sleep(0.5)
    count = len(done)
    assert 5 < count < 60, "it waits"
    while threads[0].is_alive():
        call.look(0, 0.02)
    assert len(done) == 200


@pytest.mark.parametrize(
    "text", ["spark", "ray:/host:1", "ray://", "ray://host", "ray://host:0", "ray://host:99999"]
)
def test_an_engine_that_does_not_exist(text: str) -> None:
    with pytest.raises(BadOption, match="give local, ray or ray://HOST:PORT"):
        engine_of(text)


def test_a_dead_address_is_one_sentence_in_time() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]  # bound, but nobody listens
        start = time.monotonic()
        with pytest.raises(BadOption, match=f"^No Ray cluster answers at ray://127.0.0.1:{port} "):
            ray_cluster.connect(engine_of(f"ray://127.0.0.1:{port}"))
    assert time.monotonic() - start < 15


def test_a_cluster_whose_cores_others_hold_is_named(
    on_ray: RayExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person may have joined it without knowing; who waits is told so, and can stop."""
    monkeypatch.setattr(ray_workers, "READY", 0.3)
    ray, told = on_ray.workers.ray, set()
    with pytest.raises(BadOption, match=r"at [\d.]+:\d+; wait for it, .*or RAY_ADDRESS=local"):
        RayWorkers(ray, Plan(1, 1, 0), tick=lambda fraction, stage="": told.add(stage))
    assert told == {"waiting for a worker of Ray"}

    def stop(fraction: float, stage: str = "") -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        RayWorkers(ray, Plan(1, 1, 0), tick=stop)


def test_engines_by_name() -> None:
    assert engine_of("") == engine_of("local") == Engine()
    assert engine_of("ray", "2") == Engine(is_ray=True, cores=2)
    far = engine_of("ray://node-1.example:10001")
    assert far.place == ("node-1.example", 10001)
    assert engine_of("ray://[::1]:10001").place == ("::1", 10001)
    with pytest.raises(BadOption, match="SEEWHY_RAY_CORES"):
        engine_of("ray", "none")


def test_close_stops_everything(on_ray: RayExecutor, tmp_path: Path) -> None:
    """The last one: nothing computes afterwards."""
    asked = Slow(name="closed", folder=str(tmp_path))
    job = on_ray.submit(asked, "me")
    until(asked.begun.exists)
    on_ray.close()
    assert job.state == "stopped"
    with pytest.raises(RuntimeError):
        on_ray.submit(asked, "me")
    assert on_ray.resources.elsewhere is None
