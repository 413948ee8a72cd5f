"""Other people's code for each method without a layer, and where there is none its formula.

An entry of `LIBRARIES` is all that a method takes to be measured by `python -m bench methods`.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from captum import attr
from torch import Tensor, nn
from torch.nn import functional
from torchcam.methods import LeGrad

from bench import _perturbing
from bench._perturbing import MASKS
from core import Heat
from core.explain.gradients.scored import rows_at_once
from core.models.classifier import Classifier
from core.models.input import Prepared
from core.requests.options import Value


@dataclass(frozen=True)
class Case:
    """A picture and a class, with a model of the library's own.

    Attributes:
        classifier: ours.
        net: a copy for hooks; no ReLU of it overwrites its input.
        prepared: the picture.
        target: index of the class.
        seed: of the request.
    """

    classifier: Classifier
    net: nn.Module
    prepared: Prepared
    target: int
    seed: int = 0

    @property
    def batch(self) -> Tensor:
        """The picture, float32 (1, C, h, w), for gradients."""
        return self.prepared.batch.clone().requires_grad_()


@dataclass(frozen=True)
class Library:
    """What a method is compared with.

    Attributes:
        name: of the library's class, or `formula`.
        run: gives its map, float32, of the shape of our raw heat.
        options: of our method.
        brief: options with which memory is measured, where fewer passes take as much of it.
    """

    name: str
    run: Callable[[Case], Heat]
    options: Mapping[str, Value] = field(default_factory=dict)
    brief: Mapping[str, Value] = field(default_factory=dict)


def private_net(classifier: Classifier) -> nn.Module:
    """Return a copy of the model, frozen as ours is."""
    net = copy.deepcopy(classifier._model)
    for module in net.modules():
        if isinstance(module, nn.ReLU | nn.ReLU6):
            module.inplace = False
    return net


def _strongest(attribution: Tensor) -> Heat:
    heat: Heat = attribution.detach()[0].abs().amax(dim=0).cpu().numpy()
    return heat


def _summed(attribution: Tensor) -> Heat:
    heat: Heat = attribution.detach()[0].sum(dim=0).cpu().numpy()
    return heat


def _saliency(case: Case) -> Heat:
    return _strongest(attr.Saliency(case.net).attribute(case.batch, target=case.target))


def _input_x_gradient(case: Case) -> Heat:
    return _summed(attr.InputXGradient(case.net).attribute(case.batch, target=case.target))


def _integrated(case: Case) -> Heat:
    explainer, rows = attr.IntegratedGradients(case.net), rows_at_once(case.classifier)
    # Another rounding of the base would flip a ReLU here and there: 0 is not quite a tensor of 0.
    base = torch.zeros_like(case.batch)
    parts = explainer.attribute(case.batch, base, case.target, internal_batch_size=rows)
    return _summed(parts)


def _smoothgrad(case: Case) -> Heat:
    """Run captum with our noise in place of its own, so that the maps can be compared."""
    rng, batch = np.random.RandomState(case.seed), case.batch
    deviation = 0.15 * float((batch.max() - batch.min()).detach())

    def normal(mean: float, std: Tensor) -> Tensor:
        drawn = torch.from_numpy(rng.standard_normal(tuple(std.shape)).astype(np.float32))
        return mean + std * drawn.to(std.device)

    with patch.object(torch, "normal", normal):
        mean = attr.NoiseTunnel(attr.Saliency(case.net)).attribute(
            batch,
            nt_samples=50,
            nt_samples_batch_size=rows_at_once(case.classifier),
            stdevs=deviation,
            target=case.target,
            abs=False,
        )
    return _strongest(mean)


def _guided(case: Case) -> Heat:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of its hooks
        explainer = attr.GuidedBackprop(case.net)
        return _strongest(explainer.attribute(case.batch, target=case.target))


def _attention(case: Case) -> tuple[Tensor, list[Tensor]]:
    """Run torchvision's ViT with attention written out: logits (K,), and (heads, T, T) a layer."""
    net: Any = case.net
    x = torch.cat([net.class_token[0], net._process_input(case.batch)[0]])
    x, seen = x + net.encoder.pos_embedding[0], []
    for layer in net.encoder.layers:
        of = layer.self_attention
        qkv = functional.linear(layer.ln_1(x), of.in_proj_weight, of.in_proj_bias)
        q, k, v = (p.reshape(len(p), of.num_heads, -1).transpose(0, 1) for p in qkv.chunk(3, 1))
        seen.append((q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])).softmax(-1))
        x = x + of.out_proj((seen[-1] @ v).transpose(0, 1).flatten(1))
        x = x + layer.mlp(layer.ln_2(x))
    return net.heads(net.encoder.ln(x[:1]))[0], seen


def _patches(flow: Tensor) -> Heat:
    side = math.isqrt(flow.shape[-1] - 1)
    heat: Heat = flow.detach()[0, 1:].reshape(side, side).cpu().numpy()
    return heat


def _rollout(case: Case) -> Heat:
    with torch.no_grad():
        _, seen = _attention(case)
        flow = identity = torch.eye(seen[0].shape[-1], device=seen[0].device)
        for attention in seen:
            flow = (0.5 * attention.mean(0) + 0.5 * identity) @ flow
    return _patches(flow)


def _attention_gradient(case: Case) -> Heat:
    logits, seen = _attention(case)
    matters = torch.eye(seen[0].shape[-1], device=seen[0].device)
    for attention, slope in zip(seen, torch.autograd.grad(logits[case.target], seen), strict=True):
        matters = matters + torch.relu(slope * attention).mean(0) @ matters
    return _patches(matters)


def _legrad(case: Case) -> Heat:
    net: Any = case.net
    with LeGrad(net, list(net.encoder.layers)) as library:
        heat: Heat = library(case.target, net(case.batch), normalized=False)[0][0].cpu().numpy()
    return heat


LIBRARIES: Mapping[str, Library] = {
    "saliency": Library("captum Saliency", _saliency),
    "input-x-gradient": Library("captum InputXGradient", _input_x_gradient),
    "integrated-gradients": Library("captum IntegratedGradients", _integrated, brief={"steps": 16}),
    "smoothgrad": Library("captum NoiseTunnel", _smoothgrad, brief={"samples": 16}),
    "guided-backprop": Library("captum GuidedBackprop", _guided),
    "attention-rollout": Library("formula", _rollout),
    "attention-gradient": Library("formula", _attention_gradient),
    "legrad": Library("torch-cam LeGrad", _legrad),
    "kernel-shap": Library("captum KernelShap, its rows", _perturbing.kernel_shap),
    "occlusion": Library("captum Occlusion", _perturbing.occlusion, _perturbing.OCCLUSION),
    "rise": Library("formula", _perturbing.rise, {"masks": MASKS}, {"masks": MASKS}),
}
"""By the name of our method."""
