"""Dissect the embedded classifier, once, for the page that opens with something to see.

    python -m tools.make_dissection

Writes `assets/dissections/embedded.npz`: built-in pictures, the embedded encoder and its own words.
"""

from __future__ import annotations

import time

from core.concepts.encoders import load as encoders
from core.concepts.probes.open import BUILT_IN, open_probes
from core.concepts.result.file import save
from core.concepts.run import library
from core.concepts.run.dissect import Request, words_for
from core.export.dissection import summary
from core.models.load import load

LAYERS = ("layer1", "layer2", "layer3", "layer4", "fc")


def main() -> None:
    """Dissect and write; prints what was found and how long it took."""
    encoder = encoders.load(encoders.EMBEDDED)
    request = Request(
        classifier=load("embedded"),
        layers=LAYERS,
        encoder=encoder,
        probes=open_probes(BUILT_IN),
        vocabulary=words_for(encoder),
    )
    started = time.perf_counter()
    made = library.dissect_and_keep(request)
    seconds = time.perf_counter() - started
    path = library.FOLDER / f"{library.SHIPPED}.npz"
    save(made, path)
    found = summary(made)
    print(
        f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, {seconds:.0f} s; {found['labelled']} of "
        f"{found['neurons']} units labelled, {found['distinct_labelled']} concepts"
    )


if __name__ == "__main__":
    main()
