"""Which device computes, what it can do, and whether the installation fits together."""

from __future__ import annotations

import importlib
import os
import platform
from functools import cache
from pathlib import Path

import torch

from core.errors import BadDevice, BadInstallation


def check_installation() -> None:
    """Make sure that torch and torchvision fit each other; call before anything imports the latter.

    Raises:
        BadInstallation: one sentence that says what to do.
    """
    try:
        importlib.import_module("torchvision")
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        raise BadInstallation(
            f"torchvision does not fit the installed torch {torch.__version__} "
            f"({_first_line(error)}): install both together from one source, for example with "
            "`pip install --force-reinstall torch torchvision`."
        ) from error


_elsewhere: tuple[str, ...] | None = None


def use_elsewhere(devices: tuple[str, ...] | None) -> None:
    """Say that other processes compute, with devices of these names; None for this one again."""
    global _elsewhere
    _elsewhere = devices


def choices() -> tuple[str, ...]:
    """Names that `pick` takes, the best first: of this machine, or of those that compute for it."""
    if _elsewhere is not None:
        return _elsewhere
    cuda = ["cuda"] if torch.cuda.is_available() else []
    if torch.cuda.is_available() and torch.cuda.device_count() > 1:
        cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return (*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu")


def pick(name: str | None = None) -> torch.device:
    """Return the device that computes.

    Args:
        name: `cpu`, `cuda`, `cuda:1`, `mps`; None, empty or `auto` takes CUDA, else MPS, else CPU.

    Raises:
        BadDevice: the machine has no such device.
    """
    available = choices()
    if not name or name == "auto":
        return torch.device(available[0])
    chosen = name.strip().lower()
    offered = ", ".join(available)
    try:
        device = torch.device(chosen)
    except RuntimeError as error:
        raise BadDevice(f"Unknown device {name[:40]!r}: choose one of {offered}.") from error
    kinds = [choice.partition(":")[0] for choice in available]
    if (device.index or 0) >= kinds.count(device.type):
        raise BadDevice(f"This machine has no device {chosen!r}: choose one of {offered}.")
    return torch.device("cpu") if device.type == "cpu" else device


def ours(name: str) -> torch.device:
    """Return the device on which this process computes what is meant for a device.

    Args:
        name: as `pick` takes it; where others compute for this process, it is one of theirs.

    Raises:
        BadDevice: the machine has no such device.
    """
    return pick(name) if _elsewhere is None else torch.device("cpu")


def describe(device: torch.device) -> str:
    """Return the device in words: `CPU (AMD EPYC), 2 cores, bf16 instructions`."""
    fast = ", bf16 instructions" if fast_dtype(device) is torch.bfloat16 else ""
    if device.type == "cuda":
        facts = torch.cuda.get_device_properties(device)
        return f"CUDA ({facts.name}), {facts.total_memory / 2**30:.0f} GB{fast}"
    if device.type == "mps":
        return f"MPS ({platform.processor() or platform.machine()}){fast}"
    cores = usable_cores()
    return f"CPU ({_cpu_name()}), {cores} core{'s' * (cores != 1)}{fast}"


def build() -> str:
    """Return what the installed PyTorch was built for: `CUDA 13.0`, `ROCm 6.4`, `MPS` or `CPU`.

    A build for CUDA computes on the CPU where there is no GPU or its driver is too old: `choices`
    says what this machine can use of it.
    """
    if torch.version.hip:
        return "ROCm " + ".".join(torch.version.hip.split(".")[:2])
    if torch.version.cuda:
        return f"CUDA {torch.version.cuda}"
    return "MPS" if torch.backends.mps.is_built() else "CPU"


def usable_cores() -> int:
    """Number of cores that this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def fast_dtype(device: torch.device) -> torch.dtype | None:
    """Return the number format of `--precision fast`, or None where no format is faster.

    bfloat16 where the hardware multiplies it by itself: CPUs with AVX512-BF16 or AMX-BF16, CUDA
    from compute capability 8.0. Elsewhere it is emulated and slower than float32.
    """
    if device.type == "cuda":
        native = torch.cuda.get_device_capability(device) >= (8, 0)
        return torch.bfloat16 if native else None
    if device.type == "cpu":
        native = bool(_cpu_flags() & {"avx512_bf16", "amx_bf16"})
        # Without oneDNN the same instructions are there and stay unused.
        library = bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
        return torch.bfloat16 if native and library else None
    return None


@cache
def _cpu_flags() -> frozenset[str]:
    """Names of the CPU's instruction sets as far as they are known, in Linux's spelling."""
    ask = getattr(torch.cpu, "get_capabilities", None)  # newer than the oldest torch we allow
    if ask is not None:
        return frozenset(name for name, value in ask().items() if value is True)
    return frozenset(_cpuinfo().get("flags", "").split())


def _cpu_name() -> str:
    """The CPU's name as the system gives it."""
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


@cache
def _cpuinfo() -> dict[str, str]:
    """The first processor's lines in `/proc/cpuinfo`; empty on other systems."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _first_line(error: Exception) -> str:
    """The first line of an error's message, without its full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
