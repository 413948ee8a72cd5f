"""Damaged, cut off and relabelled checkpoints, with objects beside the weights."""

from __future__ import annotations

import argparse
import io
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from core.models.card import Card
from core.models.checkpoint import read_contents, read_state
from tools.fuzz_case import Case, damaged

SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".pth.tar", ".PTH", ".h5")


def cases(count: int, seed: int) -> Iterator[Case]:
    """Yield files that a person may give for weights.

    Args:
        count: how many.
        seed: the same seed gives the same files.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    whole = list(_whole(seed))
    for number in range(count):
        kind, data = rng.choice(whole)
        title, data = damaged(data, rng.choice(whole)[1], rng)
        name = f"own{rng.choice(SUFFIXES)}"
        yield Case(f"{number}: {kind}, {title}, as {name}", name, data, _read)


def _whole(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield sound files of every kind."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Linear(4, 2))
    state: dict[str, Tensor] = dict(net.state_dict())
    beside = {
        "state_dict": {f"model.{name}": tensor for name, tensor in state.items()},
        "epoch": 3,
        "args": argparse.Namespace(lr=0.1, card=Card),
        "optimizer": torch.optim.Adam(net.parameters()).state_dict(),
    }
    for zipped in (True, False):
        for protocol in (2, 4):
            for what, content in (("state", state), ("trainer", beside), ("network", net)):
                buffer = io.BytesIO()
                torch.save(
                    content,
                    buffer,
                    pickle_protocol=protocol,
                    _use_new_zipfile_serialization=zipped,
                )
                form = "zip" if zipped else "old format"
                yield f"{what} in {form} of protocol {protocol}", buffer.getvalue()
    yield "safetensors", safetensors.torch.save(state)


def _read(data: bytes, name: str) -> str:
    """Read the tensors; return what is wrong with them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        if not read_contents(path).tables:
            return "neither tensors nor a sentence"
        state = read_state(path)
    bad = [name for name, tensor in state.items() if not bool(torch.isfinite(tensor).all())]
    return f"{bad[0]} is not finite" if bad else ""
