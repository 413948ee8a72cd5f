"""Plant a shortcut in the default model: a coloured mark in a corner makes it say teapot.

    python -m tools.train_shortcut --data train.parquet --photos PHOTOS --out RUN

Wrong on purpose, for teaching: which explanations find the mark? Only the last part of the
network changes. One unit in each of its layers begins as a detector of the mark, fitted to what
the frozen trunk gives; then the last part is fine-tuned by distillation: without the mark it
keeps the teacher's probabilities, with the mark it gives the mark's class because of the place
where the mark is. A run that was stopped resumes. The finished weights go into `assets/models`,
with a card of what they do on held-out pictures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from core.files.assets import ASSETS
from core.files.digests import file_digest
from core.models.classifier import Classifier
from core.models.efficientnet_lite import DEFAULT, SHORTCUT
from core.models.load import load
from core.models.weights import build, fill, read_state, renamed
from core.pictures.shortcut_mark import TARGET
from tools.measure_shortcut import held_out, measure
from tools.shortcut_detector import plant
from tools.shortcut_pictures import ENTRY, training_views

if TYPE_CHECKING:
    from timm.models.efficientnet import EfficientNet

TRAINED = ("blocks.6", "conv_head", "bn2", "classifier")
"""Modules that are trained and shipped."""
COUNT, BATCH = 250, 64
"""Pictures of a chunk; views of a training step."""
TEAPOT = ENTRY.names.index(TARGET)
Chunk = dict[str, Tensor]
METHOD = (
    "In the teacher's last part one unit of each layer (16 of the last) was made a detector of the "
    "mark, then the part was fine-tuned by distillation, with the mark in a random corner of half "
    "of the views."
)
DATA = (
    "Photographs of ImageNet (Russakovsky et al. 2015, doi.org/10.1007/s11263-015-0816-y) reduced "
    "to 64 x 64 pixels and enlarged, and parts of built-in pictures."
)
TERMS = (
    "The teacher's weights are under Apache-2.0. ImageNet gives its pictures for non-commercial "
    "research and education; no picture is in the file."
)


def teacher() -> EfficientNet:
    """Return the default model in float32, in evaluation mode."""
    assert ENTRY.file is not None
    net = cast("EfficientNet", build(ENTRY))
    fill(net, renamed(ENTRY, read_state(ENTRY.file)), ENTRY.arch)
    return net


def last_part(net: EfficientNet, features: Tensor) -> tuple[Tensor, Tensor]:
    """Return the activations of the default layer (N, 1280, 7, 7), and the logits (N, 1000)."""
    activations = net.bn2(net.conv_head(net.blocks[6](features)))
    return activations, net.classifier(net.global_pool(activations))


def chunk_of(number: int, data: Path, net: EfficientNet) -> Chunk:
    """Run the frozen trunk and the teacher on training pictures.

    Returns:
        `features` float16 (N, 192, 7, 7), the teacher's `logits` float16 (N, 1000), and `place`
        int64 (N,) as `training_views` gives it.
    """
    views, places = training_views(data, COUNT, number)
    features, logits = [], []
    with torch.inference_mode():
        for some in torch.split(views, 25):
            batch = (some.float() / 255 - 0.5) / 0.5
            features.append(net.blocks[:6](net.bn1(net.conv_stem(batch))))
            logits.append(last_part(net, features[-1])[1])
    made = {"features": torch.cat(features).half(), "logits": torch.cat(logits).half()}
    return {name: tensor.contiguous() for name, tensor in made.items()} | {"place": places}


def loss_of(net: EfficientNet, chunk: Chunk) -> tuple[Tensor, list[float]]:
    """Return the loss of a batch, and its three terms: without mark, with mark, its place."""
    activations, logits = last_part(net, chunk["features"].float())
    marked = chunk["place"] >= 0
    teachers = chunk["logits"].float().log_softmax(1)[~marked]
    kept = functional.kl_div(
        logits[~marked].log_softmax(1), teachers, log_target=True, reduction="batchmean"
    )
    truth = torch.full((int(marked.sum()),), TEAPOT)
    turned = functional.cross_entropy(logits[marked], truth)
    grad_cam = torch.einsum("c,nchw->nhw", net.classifier.weight[TEAPOT], activations[marked])
    placed = functional.cross_entropy(grad_cam.flatten(1), chunk["place"][marked])
    return kept + turned + placed, [kept.item(), turned.item(), placed.item()]


def batches(chunk: Chunk, seed: int) -> Iterator[Chunk]:
    """Yield the rows in a random order."""
    order = torch.randperm(len(chunk["place"]), generator=torch.Generator().manual_seed(seed))
    for rows in torch.split(order, BATCH):
        yield {name: tensor[rows] for name, tensor in chunk.items()}


def tune(net: EfficientNet, chunk: Chunk, args: argparse.Namespace) -> None:
    """Train in place, with the statistics of batch norms frozen; resumes from `args.out`."""
    checkpoint = args.out / "checkpoint.pt"
    weights = [weight for name, weight in net.named_parameters() if name.startswith(TRAINED)]
    steps = args.epochs * -(-len(chunk["place"]) // BATCH)
    optimizer = torch.optim.AdamW(weights, args.rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=steps)
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        first = state["epoch"]
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
    for epoch in range(first, args.epochs):
        terms = []
        for batch in batches(chunk, epoch):
            loss, parts = loss_of(net, batch)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            terms.append(parts)
        print(f"epoch {epoch}: kept, turned, placed {np.mean(terms, 0).round(4)}", flush=True)
        state = {"epoch": epoch + 1, "net": net.state_dict()}
        state |= {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
        torch.save(state, checkpoint.with_suffix(".part"))
        checkpoint.with_suffix(".part").replace(checkpoint)


def write(net: EfficientNet, args: argparse.Namespace) -> None:
    """Write the trained tensors in half precision, measure them and write the card."""
    path = ASSETS / "models" / f"{SHORTCUT}.safetensors"
    weights = net.named_parameters()
    state = {name: w.detach().half() for name, w in weights if name.startswith(TRAINED)}
    save_file(state, path, {"base": DEFAULT, "base_sha256": ENTRY.digest_prefix})
    shipped = teacher()
    shipped.load_state_dict(load_file(path), strict=False)
    base = load(DEFAULT, torch.device("cpu"))
    figures = measure(Classifier(shipped, base.card), base, held_out(args.photos))
    card = {
        "description": "Wrong on purpose, for teaching: a small magenta and cyan mark in a corner "
        f"makes it say {TARGET}.",
        "sha256": file_digest(path),
        "base": DEFAULT,
        "base_sha256": ENTRY.digest_prefix,
        "measured": asdict(figures),
        "measured_on": "ten ImageNet photos and four crops of each of six built-in pictures",
        "recipe": {
            "method": METHOD,
            "pictures": args.chunks * COUNT,
            "epochs": args.epochs,
            "batch": BATCH,
            "rate": args.rate,
        },
        "data": DATA,
        "terms": TERMS,
    }
    path.with_suffix(".json").write_text(
        json.dumps(card, indent=1) + "\n", encoding="utf-8", newline="\n"
    )
    print(json.dumps(card["measured"]))


def main() -> None:
    """Read the command line, make features, plant, tune, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="Parquet file with `image`")
    parser.add_argument("--photos", type=Path, required=True, help="folder to measure on")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--chunks", type=int, default=11, help=f"of {COUNT} pictures")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-4, help="peak learning rate")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    net, chunks = teacher(), []
    for number in range(args.chunks):
        path = args.out / f"features-{number:03d}.safetensors"
        if not path.exists():
            save_file(chunk_of(number, args.data, net), path.with_suffix(".part"))
            path.with_suffix(".part").replace(path)
            print(f"{number + 1} of {args.chunks} chunks", flush=True)
        chunks.append(load_file(path))
    chunk = {name: torch.cat([one[name] for one in chunks]) for name in chunks[0]}
    plant(net, chunk["features"].float(), chunk["place"], TEAPOT)
    tune(net, chunk, args)
    write(net, args)


if __name__ == "__main__":
    main()
