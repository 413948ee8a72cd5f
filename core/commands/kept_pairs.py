"""How far maps of a picture agree, as its line in `pictures.jsonl` holds it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from core.commands.outcome import Outcome
from core.export.plain import plain
from core.measure.pair_rows import PairRow, numbers_of, rows_of_numbers
from core.requests.plain import as_plain
from core.requests.studies import Rule

AGREEMENT = "agreement"


def pairs_record(rules: Sequence[Rule], pairs: Sequence[PairRow]) -> Mapping[str, object]:
    """Return what stands in the record of a picture.

    Args:
        rules: what each map marks.
        pairs: of its maps, in order.
    """
    numbers = [list(numbers_of(pair)) for pair in pairs]
    content = {"rules": [as_plain(rule) for rule in rules], "pairs": numbers}
    return {AGREEMENT: plain(content)}


def kept_pairs(outcome: Outcome, rules: Sequence[Rule]) -> tuple[PairRow, ...]:
    """Return the pairs of a picture as an earlier run found them.

    Args:
        outcome: of the picture.
        rules: what each map marks.

    Returns:
        Nothing where they were not kept, or for other rules or maps.
    """
    if outcome.stored is None or outcome.maps != outcome.stored.maps:
        return ()
    kept = outcome.stored.record.get(AGREEMENT)
    if not isinstance(kept, dict) or kept.get("rules") != plain([as_plain(r) for r in rules]):
        return ()
    try:
        return rows_of_numbers(
            outcome.maps,
            rules,
            [[math.nan if n is None else float(n) for n in four] for four in kept["pairs"]],
        )
    except (KeyError, TypeError, ValueError):
        return ()
