"""Measure the ImageNet word bank and write its card.

    python -m tools.make_word_bank_card --data val.parquet --classes classes.tsv --photos FOLDER

Writes `assets/encoders/imagenet_words.json`. For the bank over each network, and each beside a
control in which the pictures are shuffled: how often the class's name has the highest score of 1000
(top-1, top-5), the area under the curve (AUC) of broader terms, colours and textures, and how often
a dissection of the other network's last layer gives its units their class names.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score

from core.concepts.encoders import broader, looks, word_bank
from core.concepts.encoders.encoder import Matrix
from core.concepts.encoders.word_bank import CARD, NETWORKS, WordBank
from core.concepts.probes.built_in import built_in
from core.concepts.run.pointwise import soft_wpmi
from core.models import catalog
from core.pictures.picture import Picture, read
from core.requests.references import WORD_BANK
from tools.changed_pictures import colour_fields, texture_pairs
from tools.pictures import read_parquet

SHUFFLES = 5
"""Controls whose mean is told."""
SEED = 99_999
CLASSES = 1000

Labels = npt.NDArray[np.int64]
Pixels = Sequence[npt.NDArray[np.uint8]]


def shuffled(count: int) -> list[Labels]:
    """Return the controls' orders of `count` pictures."""
    return [np.random.default_rng(SEED + turn).permutation(count) for turn in range(SHUFFLES)]


def hits(scores: Matrix, truth: Labels) -> tuple[float, float]:
    """Return how often the true column is the highest, or one of the five highest, in [0, 1].

    Args:
        scores: float32 (rows, columns).
        truth: int64 (rows,).
    """
    ranked = np.argsort(-scores, axis=1, kind="stable")[:, :5] == truth[:, None]
    return float(ranked[:, 0].mean()), float(ranked.any(1).mean())


def beside(found: tuple[float, float], control: npt.NDArray[np.floating]) -> dict[str, float]:
    """Put the shares of top-1 and top-5 beside those of the control."""
    both = (*found, *(float(value) for value in control))
    keys = ("top1", "top5", "control_top1", "control_top5")
    return {key: round(value, 4) for key, value in zip(keys, both, strict=True)}


def zero_shot(logits: Matrix, truth: Labels) -> dict[str, Any]:
    """Measure the choice among the 1000 names.

    Args:
        logits: float32 (pictures, 1000).
        truth: int64 (pictures,), their classes.
    """
    control = [hits(logits, truth[order]) for order in shuffled(len(truth))]
    return {"pictures": len(truth), **beside(hits(logits, truth), np.mean(control, axis=0))}


def each_auc(of_word: Mapping[str, tuple[Matrix, npt.NDArray[np.bool_]]]) -> dict[str, Any]:
    """Measure every word by itself.

    Args:
        of_word: scores float32 (pictures,) and for which of them the word holds, bool (pictures,);
            a word that holds for all or for none is left out.
    """
    found, control = {}, []
    for word, (scores, holds) in of_word.items():
        if holds.any() and not holds.all():
            found[word] = round(float(roc_auc_score(holds, scores)), 4)
            order = shuffled(len(scores))[0]
            control.append(float(roc_auc_score(holds, scores[order])))
    return {
        "words": len(found),
        "mean_auc": round(float(np.mean(list(found.values()))), 4),
        "control_mean_auc": round(float(np.mean(control)), 4),
        "each": found,
    }


def colours_auc() -> dict[str, Any]:
    """Measure the colours on what people called so."""
    pictures, holds = colour_fields(looks.SIDE)
    scores = looks.measured(pictures)
    return each_auc({word: (scores[:, n], holds[:, n]) for n, word in enumerate(looks.COLOURS)})


def textures_auc(photos: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """Measure the textures on photographs that were changed, beside the same ones as they were.

    Args:
        photos: uint8 (N, 64, 64, 3).
    """
    before, of_word = looks.measured(photos), {}
    for word, changed in texture_pairs(photos).items():
        column = looks.WORDS.index(word)
        scores = np.concatenate([before[:, column], looks.measured(changed)[:, column]])
        of_word[word] = (scores, np.arange(2 * len(photos)) >= len(photos))
    return each_auc(of_word)


def recovery(
    scores: Matrix, logits: Matrix, units: Labels, terms: Sequence[Sequence[int]]
) -> dict[str, Any]:
    """Measure how often CLIP-Dissect (soft WPMI) gives units of a last layer their class's name.

    Args:
        scores: float32 (pictures, words), of the class names and then the broader terms.
        logits: float32 (pictures, 1000), of another network.
        units: int64, classes that are asked about.
        terms: classes of each broader term.

    Returns:
        Shares among the class names alone; and among all words, how often the first word is true of
        the class: its name or a broader term.
    """
    true = np.zeros((CLASSES, scores.shape[1]), bool)
    true[np.arange(CLASSES), np.arange(CLASSES)] = True
    for column, classes in enumerate(terms, CLASSES):
        true[list(classes), column] = True
    P, A = torch.from_numpy(scores), torch.from_numpy(logits)  # noqa: N806

    def measured(order: Labels) -> tuple[float, float, float]:
        given = P[torch.from_numpy(order)]
        names = soft_wpmi(given[:, :CLASSES], A).numpy()[units]
        first = soft_wpmi(given, A).argmax(1).numpy()[units]
        return *hits(names, units), float(true[units, first].mean())

    top1, top5, holds = measured(np.arange(len(scores)))
    control = np.mean([measured(order) for order in shuffled(len(scores))], axis=0)
    return {
        "pictures": len(scores),
        "units": len(units),
        **beside((top1, top5), control[:2]),
        "first_word_true": round(holds, 4),
        "control_first_word_true": round(float(control[2]), 4),
    }


class Measured:
    """What both banks measure on sets of pictures, each once.

    Args:
        cache: folder that keeps the tables for the next start; None keeps nothing.
    """

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._banks: dict[str, WordBank] = {}

    def bank(self, spec: str) -> WordBank:
        """Return a bank, loaded once."""
        if spec not in self._banks:
            self._banks[spec] = word_bank.load(spec, torch.device("cpu"))
        return self._banks[spec]

    def table(self, spec: str, name: str, pictures: Pixels) -> Matrix:
        """Return a bank's measurements, float32 (pictures, words), not standardised."""
        digest = word_bank.weights_digest(spec)[:12]
        path = self._cache / f"{name}-{len(pictures)}-{digest}.npy" if self._cache else None
        if path is not None and path.is_file():
            return np.asarray(np.load(path))
        found = self.bank(spec).pictures(pictures)
        if path is not None:
            np.save(path, found)
        return found


def wordnet_classes() -> dict[str, int]:
    """Return the index of each WordNet id among ImageNet's 1000 classes."""
    from timm.data.imagenet_info import ImageNetInfo

    info = ImageNetInfo("imagenet-1k")
    return {str(info.index_to_label_name(index)): index for index in range(CLASSES)}


def photographs(folder: Path, indices: Mapping[str, int]) -> tuple[list[Picture], Labels]:
    """Return the photographs of a folder whose files begin with a WordNet id, and their classes."""
    paths = sorted(path for path in folder.iterdir() if path.name[:9] in indices)
    return [read(path) for path in paths], np.array([indices[path.name[:9]] for path in paths])


def card(args: argparse.Namespace) -> dict[str, Any]:
    """Measure everything."""
    indices = wordnet_classes()
    rows = [line.split("\t") for line in args.classes.read_text("utf-8").splitlines()]
    of_label = np.array([indices[row[1]] for row in rows])
    small, labels = read_parquet(args.data, count=args.pictures)
    photos, of_photos = photographs(args.photos, indices)
    probes = built_in()
    sets: dict[str, Pixels] = {
        "tiny_imagenet": list(small),
        "photos": [photo.pixels for photo in photos],
        "built_in": [probes.load(number).pixels for number in range(len(probes))],
    }
    truth = {"tiny_imagenet": of_label[labels], "photos": of_photos}
    measured, over = Measured(args.cache), {}
    terms = broader.parse(broader.FILE.read_text("utf-8"), catalog.find(NETWORKS[WORD_BANK]).names)
    count = CLASSES + len(terms.classes)
    colours, textures = colours_auc(), textures_auc(small[:: max(1, len(small) // 500)])
    for spec, network in NETWORKS.items():
        bank, tables = measured.bank(spec), {}
        for name, pictures in sets.items():
            tables[name] = measured.table(spec, name, pictures)
        one_hot = bank.words(bank.vocabulary.words[:count])
        scores = {name: bank.scores(table, one_hot) for name, table in tables.items()}
        other = {
            name: measured.table(word_bank.other(spec), name, sets[name])[:, :CLASSES]
            for name in ("tiny_imagenet", "built_in")
        }
        members = list(terms.classes.values())
        over[network] = {
            "weights": word_bank.network_digest(spec),
            "digest": word_bank.weights_digest(spec),
            "zero_shot": {
                **{name: zero_shot(tables[name][:, :CLASSES], truth[name]) for name in truth},
                "tiny_imagenet_own_names": zero_shot(
                    tables["tiny_imagenet"][:, of_label], labels.astype(np.int64)
                ),
            },
            "broader": each_auc(
                {
                    term: (
                        tables["tiny_imagenet"][:, column],
                        np.isin(truth["tiny_imagenet"], classes),
                    )
                    for column, (term, classes) in enumerate(terms.classes.items(), CLASSES)
                }
            ),
            "colours": colours,
            "textures": textures,
            "recovery": {
                "of": NETWORKS[word_bank.other(spec)],
                "tiny_imagenet": recovery(
                    scores["tiny_imagenet"], other["tiny_imagenet"], np.unique(of_label), members
                ),
                "built_in": recovery(
                    scores["built_in"], other["built_in"], np.arange(CLASSES), members
                ),
            },
        }
    return {
        "title": word_bank.TITLE,
        "words": {"names": CLASSES, "broader": len(terms.classes), "measured": len(looks.WORDS)},
        "measured_on": {
            "tiny_imagenet": f"{len(small)} held-out photographs of 64 x 64 pixels, enlarged",
            "photos": f"{len(photos)} photographs of ImageNet",
            "built_in": f"the {len(probes)} built-in probe pictures",
            "colours": "fields of the colours that people named in the XKCD survey (matplotlib)",
            "textures": "photographs changed as the word says, beside the same ones unchanged",
        },
        "controls": f"shuffled pictures, the mean of {SHUFFLES}",
        "over": over,
    }


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="Parquet file: image, label")
    parser.add_argument("--classes", type=Path, required=True, help="table: label, WordNet id")
    parser.add_argument("--photos", type=Path, required=True, help="folder: WordNet id_NAME.jpg")
    parser.add_argument("--pictures", type=int, help="use so many of the data, evenly spread")
    parser.add_argument("--cache", type=Path, help="folder that keeps what was measured")
    found = card(parser.parse_args())
    CARD.write_text(
        json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
    for network, part in found["over"].items():
        print(network, json.dumps(part["zero_shot"]), json.dumps(part["recovery"]))
        print({key: part[key]["mean_auc"] for key in ("broader", "colours", "textures")})


if __name__ == "__main__":
    main()
