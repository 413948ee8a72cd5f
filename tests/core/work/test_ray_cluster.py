"""How many workers a cluster has room for, and which devices a process without a model names."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.errors import BadDevice, BadOption
from core.models import device
from core.work import ray_cluster
from core.work.ray_cluster import Plan, options_of, planned


def node(cpus: float, gpus: float = 0, *, alive: bool = True) -> dict[str, object]:
    resources = {"CPU": cpus, "memory": 1e9} | ({"GPU": gpus} if gpus else {})
    return {"Alive": alive, "Resources": resources}


def test_one_worker_a_gpu_with_its_share_of_the_cores() -> None:
    assert planned([node(16, 4), node(16, 4)]) == Plan(count=8, cores=4, gpus=1)
    assert planned([node(8, 4), node(64, 2)]) == Plan(count=6, cores=2, gpus=1)
    assert planned([node(16), node(16, 1)]) == Plan(count=1, cores=4, gpus=1)
    assert planned([node(16, 4)], cores=8) == Plan(count=2, cores=8, gpus=1)


def test_without_gpus_as_many_as_the_cores_allow() -> None:
    assert planned([node(16), node(8)]) == Plan(count=6, cores=4, gpus=0)
    assert planned([node(2), node(16)]) == Plan(count=9, cores=2, gpus=0)
    assert planned([node(1)]) == Plan(count=1, cores=1, gpus=0)
    assert planned([node(5), node(5, alive=False)], cores=2) == Plan(count=2, cores=2, gpus=0)
    assert planned([node(0), node(4)]) == Plan(count=1, cores=4, gpus=0)


@pytest.mark.parametrize("nodes", [[], [node(2)], [node(8, alive=False)]])
def test_no_room_is_one_sentence(nodes: list[dict[str, object]]) -> None:
    with pytest.raises(BadOption, match=r"has 4 cores for a worker, .* set SEEWHY_RAY_CORES"):
        planned(nodes, cores=4)


def test_a_worker_has_threads_code_and_places_of_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEWHY_WEIGHTS", "/weights")
    monkeypatch.setenv("SECRET", "mine")
    options = options_of(Plan(count=2, cores=3, gpus=1))
    variables = options["runtime_env"]["env_vars"]
    assert (options["num_cpus"], options["num_gpus"], variables["OMP_NUM_THREADS"]) == (3, 1, "3")
    assert variables["SEEWHY_WEIGHTS"] == "/weights"
    assert "SECRET" not in variables
    root = Path(variables["PYTHONPATH"].split(":")[0])
    assert (root / "core" / "work" / "ray_worker.py").is_file()


@pytest.fixture
def far() -> Iterator[None]:
    device.use_elsewhere(("cuda", "cpu"))
    yield
    device.use_elsewhere(None)


@pytest.mark.usefixtures("far")
def test_devices_are_those_of_the_workers() -> None:
    assert device.choices() == ("cuda", "cpu")
    assert device.pick("auto") == torch.device("cuda")
    assert device.pick("cuda:0") == torch.device("cuda:0")
    with pytest.raises(BadDevice, match="choose one of cuda, cpu"):
        device.pick("cuda:1")
    # What this process loads itself all the same, for its names, it computes on its own.
    assert device.ours("cuda") == torch.device("cpu")


def test_a_cluster_is_joined_where_ray_start_or_the_environment_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[object] = []

    class Ray:
        def is_initialized(self) -> bool:
            return False

        def init(self, address: str, **named: object) -> None:
            tried.append(address)

    monkeypatch.setattr(ray_cluster, "ray_library", Ray)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    asked = ray_cluster.Engine(is_ray=True)
    ray_cluster.connect(asked)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        (tmp_path / "ray").mkdir()
        (tmp_path / "ray" / "ray_current_cluster").write_text(f"{address}\n")
        ray_cluster.connect(asked)
        monkeypatch.setenv("RAY_ADDRESS", "local")
        ray_cluster.connect(asked)
        monkeypatch.setenv("RAY_ADDRESS", "head:6379")
        ray_cluster.connect(asked)
        monkeypatch.delenv("RAY_ADDRESS")
    ray_cluster.connect(asked)  # it is gone, and only its file is left
    assert tried == ["local", address, "local", "head:6379", "local"]
