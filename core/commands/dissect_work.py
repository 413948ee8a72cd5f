"""The work of `dissect`: from what was asked to a folder with a table, records and figures."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import cast

from core.commands.dissect_options import BUILT_IN, OUR_WORDS, Wanted
from core.commands.entry_point import OK, complain
from core.commands.names import Names, default_model
from core.commands.progress import Progress
from core.commands.stop import Stop
from core.concepts import vocabulary
from core.concepts.encoders import load
from core.concepts.probes.open import open_probes
from core.concepts.result.dissection import Dissection
from core.concepts.run import disk_blocks
from core.concepts.run.dissect import Request, dissect, words_for
from core.export.dissection import dissection_files
from core.figures.print.sheet import Kind
from core.files.writing import ready_folder, write_whole
from core.models import device
from core.models.readout import Pool
from core.requests.maps import Fit
from core.work.resources import Resources


def write_dissection(wanted: Wanted, out: Path) -> int:
    """Dissect and write the files; a run that was stopped goes on where it was.

    Args:
        wanted: what the person asked for.
        out: folder, made where it is missing.

    Returns:
        The exit code.

    Raises:
        SeeWhyError: something asked for cannot be had.
    """
    folder = ready_folder(out)
    progress = Progress()
    try:
        with Stop() as stop:
            result = _dissected(wanted, progress, stop)
            files = dissection_files(
                result, again(wanted), threshold=wanted.threshold, kind=cast("Kind", wanted.figures)
            )
            for name, data in files:
                stop.check()
                write_whole(folder / name, data)
    finally:
        progress.clear()
    units = sum(len(units) for units in result.layers)
    labelled = sum(int(units.labelled.sum()) for units in result.layers)
    progress.finish(f"{labelled} of {units} units labelled: {folder / 'descriptions.csv'}")
    return OK


def _dissected(wanted: Wanted, progress: Progress, stop: Stop) -> Dissection:
    """Load everything that is named, the quickest to refuse first, and dissect."""

    def tick(fraction: float, stage: str = "") -> None:
        stop.check()
        progress(fraction, stage)

    given = _words(wanted.words)
    probes = open_probes(wanted.probes, allow_download=wanted.allow_download)
    tick(0.0, "loading the model")
    resources = Resources()
    reference = Names(resources).model(
        wanted.model, wanted.device, str(wanted.weights or ""), str(wanted.names or "")
    )
    progress(0.0, f"loading {reference.id}")
    model = resources.classifier(reference)
    tick(0.0, "loading the encoder")
    encoder = load.load(
        wanted.encoder,
        device=device.pick(wanted.device),
        allow_download=wanted.allow_download,
        tick=tick,
    )
    request = Request(
        classifier=model,
        layers=wanted.layers or (model.default_layer,),
        encoder=encoder,
        probes=probes,
        vocabulary=words_for(encoder, given),
        similarity=wanted.similarity,
        pool=cast("Pool", wanted.pool),
        fit=cast("Fit", wanted.fit),
        top_words=wanted.top_words,
        draws=wanted.draws,
        seed=wanted.seed,
    )
    root = disk_blocks.default_root()
    if root is None:
        progress.clear()
        complain(disk_blocks.NOT_SAVED)
    tick(0.0)
    return dissect(request, tick, root)


def _words(named: str) -> vocabulary.Vocabulary | None:
    """Return the words that a person names; None for the encoder's own.

    Raises:
        BadLabels: a file that cannot be read.
    """
    if named == BUILT_IN:
        return None
    return vocabulary.built_in() if named == OUR_WORDS else vocabulary.read(Path(named))


def again(wanted: Wanted) -> str:
    """Return the command that makes the same again, for a shell; files without their folders."""
    given: dict[str, object] = {
        "--model": wanted.model or default_model(),
        "--weights": wanted.weights.name if wanted.weights else "",
        "--labels": wanted.names.name if wanted.names else "",
        "--device": wanted.device,
        "--fit": wanted.fit,
        "--layers": ",".join(wanted.layers),
        "--probes": _last(wanted.probes),
        "--words": _last(wanted.words),
        "--encoder": _encoder(wanted.encoder),
        "--similarity": wanted.similarity,
        "--pool": wanted.pool,
        "--top-words": wanted.top_words,
        "--draws": wanted.draws,
        "--seed": wanted.seed,
        "--threshold": "" if wanted.threshold is None else f"{wanted.threshold:g}",
    }
    words = ["python", "-m", "core", "dissect"]
    for flag, value in given.items():
        words += [flag, str(value)] if str(value) else []
    return shlex.join([*words, "--out", "dissection"])


def _last(text: str) -> str:
    """Return the last part of a path, or a name as it is."""
    return Path(text).resolve().name if len(Path(text).parts) > 1 else text


def _encoder(text: str) -> str:
    """Return an encoder's name without folders, where its weights are a file of the person's."""
    kind, colon, rest = text.partition(":")
    model, slash, weights = rest.partition("/")
    return f"{kind}{colon}{model}{slash}{_last(weights)}"
