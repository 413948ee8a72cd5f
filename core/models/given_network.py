"""A network as somebody's own code gives it, made ready to be explained."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.errors import BadWeights
from core.models.logits import gives_logits_inside, giving_logits
from core.models.tracing_lock import GATE
from core.requests.references import Preprocess

_PROBABILITIES = (nn.Softmax, nn.Sigmoid, nn.Softmax2d)
_INPUT = (nn.Conv2d, nn.Linear)


def made_ready(net: nn.Module, model_id: str) -> nn.Module:
    """Return a network in evaluation mode, in float32 on the CPU, without a compiler around it.

    Args:
        net: as it was given; it belongs to the caller.
        model_id: for messages.

    Raises:
        BadWeights: it is a program and no network, or gives probabilities where logits are needed.
    """
    net = getattr(net, "_orig_mod", net)  # of torch.compile, which needs a compiler at each size
    if isinstance(net, torch.jit.ScriptModule):
        raise BadWeights(
            f"{model_id} is a TorchScript program, which cannot be taken apart: "
            "return the nn.Module that it was made from."
        )
    last = list(net.children())[-1:] if isinstance(net, nn.Sequential) else []
    if last and isinstance(last[0], _PROBABILITIES):
        raise BadWeights(
            f"{model_id} ends in {type(last[0]).__name__} and gives probabilities: "
            "return the network without it, so that it gives logits."
        )
    return net.eval().cpu().float()


def classes_of(net: nn.Module, model_id: str, preprocess: Preprocess) -> int:
    """Return how many logits a network gives; one that gives more than them gives them alone now.

    Args:
        net: from `made_ready`.
        model_id: for messages.
        preprocess: size and channels of its input.

    Raises:
        BadWeights: it cannot run, or gives something else than logits.
    """
    blank = torch.zeros(1, preprocess.channels, *preprocess.size)
    try:
        with GATE.shared(), torch.no_grad():
            logits = net(blank)
            if gives_logits_inside(logits):
                logits = giving_logits(net)(blank)
    except Exception as error:  # a person's own code may raise anything
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160].rstrip(".")
        shape = " x ".join(map(str, blank.shape[1:]))
        raise BadWeights(
            f"{model_id} cannot take a picture of {shape} ({reason}){_advice(net, preprocess)}."
        ) from error
    if not isinstance(logits, Tensor) or logits.dim() != 2 or logits.shape[0] != 1:
        what = getattr(logits, "shape", type(logits).__name__)
        raise BadWeights(
            f"{model_id} gives {what} for one picture: it must give one row of logits, "
            "(1, classes)."
        )
    if not bool(torch.isfinite(logits).all()):
        raise BadWeights(
            f"{model_id} gives NaN or infinite logits for a picture of zeros: check its weights."
        )
    shares = logits.shape[1] > 1 and bool((logits >= 0).all())
    if shares and abs(float(logits.double().sum()) - 1) < 1e-5:
        raise BadWeights(
            f"{model_id} gives probabilities, which add up to 1: return logits, without softmax."
        )
    return int(logits.shape[1])


def _advice(net: nn.Module, preprocess: Preprocess) -> str:
    """Say what to do where the first layer takes another number of channels."""
    first = next((part for part in net.modules() if isinstance(part, _INPUT)), None)
    taken = first.in_channels if isinstance(first, nn.Conv2d) else preprocess.channels
    if taken == preprocess.channels or taken not in (1, 3):
        return ""
    channels = "1 channel" if taken == 1 else f"{taken} channels"
    return f"; its first layer takes {channels}: give --input channels={taken}"
