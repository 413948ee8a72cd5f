"""Half-precision weight files that are named after their architecture."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core.models.catalog import find, status
from core.models.weights import build, class_count, fill, read_state


@pytest.mark.parametrize("arch", ["resnet18", "resnet50", "mobilenet_v2"])
def test_served_as_local_file(arch: str, test_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEWHY_WEIGHTS", str(test_data / "weights"))
    for name in ("XDG_CACHE_HOME", "TORCH_HOME"):
        monkeypatch.setenv(name, "/nonexistent")
    entry = find(arch)
    found = status(entry)
    assert found.path is not None
    assert found.digest is not None
    assert (found.state, found.local) == ("on disk", True)
    assert found.words == f"local file {found.digest[:8]}"
    state = read_state(found.path)
    assert class_count(entry, state) == entry.classes == 1000
    net = build(entry, empty=True)
    fill(net, state, arch, found.path.name)
    kept = net.state_dict()
    assert {tensor.dtype for tensor in kept.values()} <= {torch.float32, torch.int64}
    assert all(tensor.device.type == "cpu" for tensor in kept.values())
