"""The flags of the commands, declared once: parsing, help and the command of a request use them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn

from core.errors import BadOption
from core.requests.audits import WORST
from core.requests.dissections import DRAWS, POOLS, SIMILARITIES
from core.requests.given import place_name
from core.requests.maps import FITS, MAX_SEED, PRECISIONS, SAMPLINGS, SMOOTHS
from core.requests.measures import DEFAULT_MEASURES, MeasureSettings
from core.requests.options import options_of
from core.requests.references import WORD_BANK
from core.requests.settings_text import LIME_OPTIONS, text_of, value_of
from core.requests.studies import LIME, TOP

DEFAULT_METHODS = ("grad-cam", "ablation-cam", "score-cam")
COMPARED = ("grad-cam", "ablation-cam", "score-cam", LIME)
"""Labels of the methods that are compared when nobody says which."""
AUDITED = ("grad-cam", "occlusion")
"""Labels of an audit's methods: a cheap one for all pictures, one of another kind for errors."""
ALONE = "auto"
NO_DISSECTION = "none"
LIME_FLAGS = ("samples", "sampling", "segments", "fill", "superpixels")
"""Settings of LIME with a flag of their own; all others are `--lime NAME=VALUE`."""
MEASURE_FLAGS = ("base", "steps")
"""Settings of measures with a flag of their own; all others are `--set NAME=VALUE`."""
SEGMENTS = ("quickshift", "slic", "felzenszwalb", "grid")


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are errors of the tree: one line, no usage text."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong."""
        raise BadOption(f"{message}; see {self.prog} --help")


def add_model(parser: argparse.ArgumentParser, fit: str = "squash") -> None:
    """Add what loads the model and fits pictures to it; `fit` is the default."""
    add = parser.add_argument
    add(
        "--model",
        default="",
        metavar="ID",
        help="resnet18, resnet50:IMAGENET1K_V1, resnet18:random ...; default efficientnet_lite0",
    )
    add(
        "--weights",
        default="",
        metavar="FILE",
        help="your own state dict; without --model its architecture is guessed",
    )
    add(
        "--labels",
        default="",
        metavar="FILE",
        help="class names: one per line, a table id,name, or JSON",
    )
    add(
        "--input",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the model's input or output: size=224 or size=224x192, resize=256, "
        "channels=1, mean=0.5 or mean=0.48,0.45,0.4, std=0.5, interpolation=bicubic, crop=squash, "
        "activation=sigmoid",
    )
    add(
        "--fit",
        choices=FITS,
        default=fit,
        help="squash: resize the whole picture; crop: as in training, the centre for most models; "
        f"default {fit}",
    )
    add("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps")


def add_study(parser: argparse.ArgumentParser) -> None:
    """Add every option that says what is explained and how."""
    add = parser.add_argument
    add(
        "pictures",
        nargs="+",
        type=place_name,
        metavar="PICTURE",
        help="picture file or folder of them",
    )
    add_model(parser)
    add(
        "--layer",
        default="",
        metavar="PATH",
        help="module path such as layer4.1; a,b averages their maps; default: last spatial layer",
    )
    listed = ",".join(DEFAULT_METHODS)
    add(
        "--methods",
        default=listed,
        metavar="NAMES",
        help=f"comma-separated, default {listed}; the command `methods` lists all; "
        "grad-cam+eigen, +aug or +both smooths one of them",
    )
    add(
        "--class",
        dest="targets",
        action="append",
        metavar="CLASS",
        help="auto (the prediction, the default), folder (the true class, by the name of the "
        "picture's folder), an index or a name; several give several maps",
    )
    add(
        "--precision",
        choices=PRECISIONS,
        default="exact",
        help="exact is float32; fast is bfloat16 where the device supports it",
    )
    add(
        "--smooth",
        choices=SMOOTHS,
        default="none",
        help="smoothing of the methods that are given without a suffix",
    )
    _add_seed(parser)
    add(
        "--option",
        dest="options",
        action="append",
        default=[],
        metavar="METHOD.NAME=VALUE",
        help="a setting of one method, for example finer-cam.compare=5",
    )
    _add_lime(parser)


def _add_seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="seed of every random step, default 0"
    )


def _add_lime(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group(
        "superpixels",
        "Settings of the methods lime and kernel-shap; the command `methods` lists those of each.",
    ).add_argument
    add(
        "--samples",
        type=_samples,
        metavar="N",
        help="number of perturbed pictures, 50 to 5000, default 1000; auto: until the outlined "
        "superpixels and their order are settled",
    )
    add(
        "--sampling",
        choices=SAMPLINGS,
        help="random (the default, as lime) or balanced: the same accuracy from fewer samples",
    )
    add("--segments", choices=SEGMENTS, help="segmentation algorithm, default quickshift")
    add(
        "--fill",
        metavar="FILL",
        help="what replaces hidden superpixels: mean (the default), blur or a colour",
    )
    add("--superpixels", type=int, metavar="N", help="superpixels to outline, default 5")
    add(
        "--positive-only",
        action="store_true",
        help="outline only superpixels that support the class",
    )
    add(
        "--lime",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other setting, for example kernel_width=0.5 or regressor=lasso",
    )


def add_agreement(parser: argparse.ArgumentParser) -> None:
    """Add what a comparison takes besides its maps."""
    parser.set_defaults(methods=",".join(COMPARED))
    parser.add_argument(
        "--top",
        type=float,
        default=TOP,
        metavar="PERCENT",
        help="share of its pixels that a map marks, default 10; LIME marks --superpixels instead",
    )
    add_measures(parser, ())


def add_measures(
    parser: argparse.ArgumentParser, default: Sequence[str] = DEFAULT_MEASURES
) -> None:
    """Add what measures of maps take besides the maps; `default` is what is measured."""
    listed = ",".join(default)
    add = parser.add_argument
    add(
        "--measures",
        default=listed,
        metavar="NAMES",
        help="how far each map can be trusted: comma-separated names, default "
        f"{listed or 'none'}; the command `measures` lists all",
    )
    options = options_of(MeasureSettings)
    for name in MEASURE_FLAGS:
        option = next(each for each in options if each.name == name)
        text = f"{option.help} Default {option.default}."
        if option.choices:
            add(f"--{name}", choices=option.choices, default=option.default, help=text)
        else:
            add(f"--{name}", type=int, default=option.default, metavar="N", help=text)
    add(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any other setting: "
        + ", ".join(
            f"{o.name}={text_of(o.default)}" for o in options if o.name not in MEASURE_FLAGS
        ),
    )


def add_truth(parser: argparse.ArgumentParser) -> None:
    """Add where the objects are."""
    parser.add_argument(
        "--truth",
        default="",
        metavar="FILE",
        help="where the objects are, for pointing, energy, rank-accuracy and truth-iou: a PNG "
        "label image (0 is nothing) of one picture, a folder of PNGs called like the pictures, "
        "COCO JSON, or a Parquet file with a column box",
    )


def add_audit(parser: argparse.ArgumentParser) -> None:
    """Add what an audit takes besides its maps."""
    parser.set_defaults(methods=",".join(AUDITED))
    add = parser.add_argument
    add(
        "--true-classes",
        dest="table",
        default="",
        metavar="FILE",
        help="CSV, TSV, JSON lines or Parquet with a column file_name and one of label, class or "
        "target; default: metadata.csv, .jsonl or .parquet in the folder where there is one, else "
        "what folders are called",
    )
    add(
        "--label-column",
        dest="column",
        default="",
        metavar="NAME",
        help="column of that table that has the classes: names, indices or WordNet numbers",
    )
    add(
        "--true-class",
        dest="classes",
        action="append",
        default=[],
        metavar="CLASS",
        help="true class of a picture, once for each that is named, in their order; empty where "
        "it is not known",
    )
    add(
        "--worst",
        type=int,
        default=WORST,
        metavar="N",
        help="how many of the worst and of the most confident errors are looked at closely, "
        f"default {WORST}",
    )
    add(
        "--dissection",
        default=ALONE,
        metavar="NAME",
        help="a finished dissection, whose words say which concepts drive errors; auto (the "
        "default): one of this model where there is any; none",
    )


def add_dissection(parser: argparse.ArgumentParser) -> None:
    """Add every option that says what is dissected and how."""
    add_model(parser, fit="crop")
    add = parser.add_argument
    add(
        "--layers",
        default="",
        metavar="PATHS",
        help="comma-separated module paths such as layer3,layer4,fc; default: last spatial layer",
    )
    add(
        "--probes",
        default="builtin",
        metavar="SET",
        help="pictures to show: builtin (the default), a folder, a ZIP or Parquet file, cifar100, "
        "broden",
    )
    add(
        "--words",
        default="builtin",
        metavar="WORDS",
        help="a file with one word per line; builtin (the default): the encoder's own words, "
        "else SeeWhy's list; seewhy: SeeWhy's list",
    )
    add(
        "--encoder",
        default=WORD_BANK,
        metavar="NAME",
        help=f"{WORD_BANK} (the default; the ImageNet word bank, not CLIP) or "
        "open_clip:MODEL/PRETRAINED, e.g. open_clip:ViT-B-16/openai",
    )
    add("--similarity", choices=SIMILARITIES, default=SIMILARITIES[0], help="default soft_wpmi")
    add(
        "--pool",
        choices=POOLS,
        default=POOLS[0],
        help="pooling over a layer's positions; a class token keeps its own value; default mean",
    )
    add("--top-words", type=int, default=5, metavar="N", help="words per unit, default 5")
    add("--top-probes", type=int, default=10, metavar="N", help="pictures per unit, default 10")
    add(
        "--draws",
        type=int,
        default=DRAWS,
        metavar="N",
        help=f"minimum random draws for the p-values, default {DRAWS}; wide layers get more",
    )
    _add_seed(parser)


def _samples(text: str) -> int:
    """Read a number of samples.

    Raises:
        BadOption: it is none, or outside its range.
    """
    return int(value_of(LIME_OPTIONS["samples"], text))


def _seed(text: str) -> int:
    """Read a seed; argparse puts the option's name before the message."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_SEED}")
    return int(text)
