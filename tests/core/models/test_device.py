"""Choosing a device, what it can do, and an installation that does not fit together."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from core.errors import BadDevice, BadInstallation
from core.models import device


def test_auto_takes_the_best_there_is() -> None:
    best = device.choices()[0]
    assert [str(device.pick(name)) for name in (None, "", "auto")] == [best] * 3
    assert device.choices()[-1] == "cpu"


def test_order_is_cuda_mps_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_elsewhere", None)  # workers of another test may still be there
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device.choices() == ("cuda:0", "cuda:1", "mps", "cpu")
    assert str(device.pick()) == "cuda:0"
    assert str(device.pick("cuda:1")) == "cuda:1"
    with pytest.raises(BadDevice, match=r"no device 'cuda:2': choose one of cuda:0, cuda:1, mps"):
        device.pick("cuda:2")


@pytest.mark.parametrize("name", ["tpu", "cuda:99", "meta", "cpu cpu", "-1", "x" * 500])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(BadDevice, match="choose one of") as caught:
        device.pick(name)
    assert len(str(caught.value)) < 150


def test_cpu_has_one_name() -> None:
    assert {device.pick(name) for name in ("cpu", "CPU ", "cpu:0")} == {torch.device("cpu")}


@pytest.mark.parametrize(
    ("flags", "dtype"),
    [
        ({"avx2", "avx512_bf16"}, torch.bfloat16),
        ({"amx_bf16", "amx_tile"}, torch.bfloat16),
        ({"avx2", "avx512f", "amx_tile"}, None),
        (set(), None),
    ],
)
def test_fast_only_with_bf16_instructions(
    monkeypatch: pytest.MonkeyPatch, flags: set[str], dtype: torch.dtype | None
) -> None:
    monkeypatch.setattr(device, "_cpu_flags", lambda: frozenset(flags))
    cpu = torch.device("cpu")
    assert device.fast_dtype(cpu) is dtype
    assert ("bf16" in device.describe(cpu)) is (dtype is not None)


def test_flags_without_the_newer_torch_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(device, "_cpuinfo", lambda: {"flags": "fpu amx_bf16 avx2"})
    device._cpu_flags.cache_clear()
    try:
        assert device.fast_dtype(torch.device("cpu")) is torch.bfloat16
    finally:
        device._cpu_flags.cache_clear()


def test_description_names_cores() -> None:
    words = device.describe(torch.device("cpu"))
    assert words.startswith("CPU (")
    assert f"{device.usable_cores()} core" in words


@pytest.mark.parametrize(
    ("cuda", "hip", "mps", "words"),
    [
        ("13.0", None, False, "CUDA 13.0"),
        (None, "6.4.43482-0f2d60242", False, "ROCm 6.4"),
        (None, None, True, "MPS"),
        (None, None, False, "CPU"),
    ],
)
def test_build_is_what_torch_was_made_for(
    monkeypatch: pytest.MonkeyPatch, cuda: str | None, hip: str | None, mps: bool, words: str
) -> None:
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", hip)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: mps)
    assert device.build() == words


def test_mps_has_no_fast_format() -> None:
    assert device.fast_dtype(torch.device("mps")) is None


def test_matching_installation_passes() -> None:
    device.check_installation()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "import torch\n"
            "torch.library.register_fake('torchvision::of_another_build')(lambda: 0)\n",
            "operator torchvision::of_another_build does not exist",
        ),
        ("raise ImportError('libc10.so: undefined symbol')\n", "undefined symbol"),
    ],
)
def test_torchvision_of_another_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, words: str
) -> None:
    (tmp_path / "torchvision.py").write_text(body)
    monkeypatch.delitem(sys.modules, "torchvision")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadInstallation, match=words) as caught:
        device.check_installation()
    message = str(caught.value)
    assert "install both together" in message
    assert "\n" not in message
