"""What `explain` takes, as a parent parser for every command that explains pictures."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import BadOption
from core.explain.base import Value

DEFAULT_METHODS = "grad-cam,ablation-cam,score-cam"
FITS = ("squash", "crop")
PRECISIONS = ("exact", "fast")
SMOOTHS = ("none", "eigen", "aug", "both")
SEGMENTS = ("quickshift", "slic", "felzenszwalb", "grid")
FALLBACK_MODEL = "resnet18"
BUILT_IN_MODEL = "embedded"
SETTINGS: Mapping[str, str] = {
    "samples": "samples",
    "segments": "segments",
    "fill": "fill",
    "superpixels": "superpixels",
    "positive_only": "sign",
}
"""Names of methods' options by the attribute that argparse gives them."""
UNSAID: Mapping[str, Value] = {"sign": "any"}
"""Options of methods whose default here is another: without `--positive-only` both signs count."""
_SEED_LIMIT = 2**32


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person asked for, before any model is loaded.

    Attributes:
        pictures: files and folders.
        model: catalogue id; empty for the default.
        weights, labels: files of the person's own, or None.
        layers: module paths; empty for the last spatial layer.
        methods: names as typed, a smoothing suffix allowed.
        class_text: `auto`, an index or a name.
        fit: `squash` or `crop`.
        device: `auto`, `cpu`, `cuda` ...
        precision: `exact` or `fast`.
        smooth: smoothing of the methods that are typed without a suffix.
        seed: for all that is random.
        options: settings of methods by name, only those that were given.
    """

    pictures: tuple[Path, ...]
    model: str
    weights: Path | None
    labels: Path | None
    layers: tuple[str, ...]
    methods: tuple[str, ...]
    class_text: str
    fit: str
    device: str
    precision: str
    smooth: str
    seed: int
    options: Mapping[str, Value] = field(default_factory=dict)


def add_explaining(parser: argparse.ArgumentParser) -> None:
    """Add every option that says what is explained and how; `choices` reads them."""
    parser.add_argument(
        "pictures", nargs="+", type=Path, metavar="PICTURE", help="picture file or folder of them"
    )
    add_model(parser)
    _add_map(parser)
    _add_lime(parser)


def add_model(parser: argparse.ArgumentParser, fit: str = "squash") -> None:
    """Add what loads the model and fits pictures to it; `fit` is the default."""
    add = parser.add_argument
    add(
        "--model",
        default="",
        metavar="ID",
        help="resnet18, resnet50:IMAGENET1K_V1, resnet18:random ...; default: the built-in model "
        f"where there is one, else {FALLBACK_MODEL}",
    )
    add("--weights", type=Path, metavar="FILE", help="state dict of your own for --model")
    add("--labels", type=Path, metavar="FILE", help="class names: one a line, or a JSON list")
    add(
        "--fit",
        choices=FITS,
        default=fit,
        help="squash the whole picture to the model's input, or crop it as in training; "
        f"default {fit}",
    )
    add("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps")


def _add_map(parser: argparse.ArgumentParser) -> None:
    """Add what is asked of the model."""
    add = parser.add_argument
    add(
        "--layer",
        default="",
        metavar="PATH",
        help="module path such as layer4.1; a,b averages their maps; default: last spatial layer",
    )
    add(
        "--methods",
        default=DEFAULT_METHODS,
        metavar="NAMES",
        help=f"comma-separated, default {DEFAULT_METHODS}; the command `methods` lists all; "
        "grad-cam+eigen, +aug or +both smooths one of them",
    )
    add(
        "--class",
        dest="class_text",
        default="auto",
        metavar="CLASS",
        help="auto (the prediction), an index or a name",
    )
    add(
        "--precision",
        choices=PRECISIONS,
        default="exact",
        help="exact is float32; fast is bfloat16 where the device has it",
    )
    add(
        "--smooth",
        choices=SMOOTHS,
        default="none",
        help="smoothing of the methods that are given without a suffix",
    )
    add_seed(parser)


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add the seed."""
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="for all that is random, default 0"
    )


def _add_lime(parser: argparse.ArgumentParser) -> None:
    """Add the settings of LIME; each is None where it was not given."""
    add = parser.add_argument_group("lime", "Settings of the method lime.").add_argument
    add("--samples", type=int, metavar="N", help="perturbed pictures, 50 to 5000, default 1000")
    add("--segments", choices=SEGMENTS, help="how superpixels are found, default quickshift")
    add(
        "--fill",
        metavar="FILL",
        help="what hidden superpixels show: mean (the default), blur, or a colour such as black",
    )
    add("--superpixels", type=int, metavar="N", help="superpixels to outline, default 5")
    add(
        "--positive-only",
        action="store_true",
        default=None,
        help="outline only superpixels that speak for the class",
    )


def add_drawing(parser: argparse.ArgumentParser) -> None:
    """Add how overlays are drawn."""
    add = parser.add_argument
    add(
        "--scale",
        default="inferno",
        metavar="NAME",
        help="colours: inferno (default), viridis, magma, cividis, grey, turbo, jet",
    )
    add("--opacity", type=float, default=0.5, metavar="X", help="of the colours, 0 to 1")
    add("--contour", type=float, metavar="X", help="outline this level, 0 to 1")


def choices(args: argparse.Namespace) -> Choices:
    """Return the choices that `add_explaining` read.

    Raises:
        BadOption: they contradict each other or name nothing.
    """
    if args.weights is not None and not args.model:
        raise BadOption("--weights needs --model with the architecture, for example resnet18.")
    return Choices(
        pictures=tuple(args.pictures),
        model=args.model,
        weights=args.weights,
        labels=args.labels,
        layers=words(args.layer),
        methods=_several("--methods", args.methods),
        class_text=args.class_text,
        fit=args.fit,
        device=args.device,
        precision=args.precision,
        smooth=args.smooth,
        seed=args.seed,
        options=_method_options(args),
    )


def _method_options(args: argparse.Namespace) -> dict[str, Value]:
    """Return the settings of methods that were given."""
    given = {name: getattr(args, attribute) for attribute, name in SETTINGS.items()}
    if args.positive_only:
        given["sign"] = "positive"
    return {name: value for name, value in given.items() if value is not None}


def words(text: str) -> tuple[str, ...]:
    """Split at commas; repeats and empty parts are dropped."""
    parts = (part.strip() for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def _several(option: str, text: str) -> tuple[str, ...]:
    """Split at commas; one name at least."""
    names = words(text)
    if not names:
        raise BadOption(f"{option} is {text!r}: give one name at least.")
    return names


def _seed(text: str) -> int:
    """Read a seed; argparse puts the option's name before the message."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) >= _SEED_LIMIT:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {_SEED_LIMIT - 1}")
    return int(text)
