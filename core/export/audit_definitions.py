"""What each number of an audit's record is, for who reads the record alone."""

from __future__ import annotations

from collections.abc import Mapping

from core.measure.audit import concepts, corners, duplicates, places
from core.measure.audit.rates import LEVEL

DEFINITIONS: Mapping[str, str] = {
    "rate": (
        "count of all that could be (of), the share in [0, 1] and its 95 % score interval (Wilson "
        "1927)"
    ),
    "top5": "pictures whose true class is among the five most probable",
    "commonest": "what would be right if the commonest true class were said every time",
    "recall": "pictures of a class that are taken for it, of all of its pictures",
    "precision": "pictures of a class among all that are taken for it",
    "expected_calibration_error": (
        "sum over bins of (pictures in the bin / all) times |share right - mean confidence| (Guo "
        "et al. 2017, eq. 3), in [0, 1]; equal_width has 15 bins of equal width, equal_mass bins "
        "with as many pictures each (Nguyen and O'Connor 2015)"
    ),
    "calibration_chance": (
        "the same error of models that are right just as often as they say, on as many pictures "
        "with the same confidences: mean, 2.5th and 97.5th percentile over simulated labels"
    ),
    "brier": "mean over pictures of sum_k (p_k - y_k)^2, in [0, 2] (Brier 1950)",
    "loss": "mean of the natural logarithm of 1 / probability of the true class",
    "place": (
        "part of a picture: its sides are cut at a quarter and at three quarters; share: median "
        "share of a map's heat that lies there; area: what a map that is equal everywhere has there"
    ),
    "higher": "chance that a picture of the class has more heat there than one of another class",
    "is_alone": (
        f"q of the one-sided Mann-Whitney test at most {LEVEL}, higher at least {places.CLEAR}, "
        f"share at least {places.MUCH} and twice the area, and no other class with half of it"
    ),
    "need": (
        "mean probability of the class before and after the place is covered with the model's mean "
        "colour, and with another place of its kind covered; p of the one-sided signed-rank test "
        f"that the place costs more; is_needed: p at most {LEVEL} and a cost of at least "
        f"{places.NEEDED} beyond that of the others"
    ),
    "alike": (
        "share of pairs of pictures of one class whose corners differ by at most "
        f"{corners.ALIKE:g} of 255 on average, beside pairs with other pictures and its other "
        "corners; p over random groups of as many pictures"
    ),
    "concept": (
        f"a concept drives a picture when it is among the {concepts.DRIVERS} with the largest "
        f"shares of the evidence for the predicted class and has at least {concepts.LEAST:g}; p of "
        "Fisher's exact test, q over all concepts (Benjamini and Hochberg 1995), odds with 1/2 "
        "added to each count"
    ),
    "copies": (
        "file: equal SHA-256 of the files; pixels: equal pixels in other files; near: hashes of 64 "
        f"bits at most {duplicates.DISTANCE} bits apart and a mean difference of at most "
        f"{duplicates.CLOSE:g} of 255 at 16 x 16 pixels"
    ),
    "check": (
        "single deletion of the map (rank correlation, -1 to 1), with the mean and 95 % of 50 "
        "random maps, and of the picture's edges (sobel) and its centre"
    ),
    "agreement": (
        "overlap (IoU) of what two maps mark, the expected overlap of random marks of the same "
        "size (chance), and the rank correlation of the maps (spearman)"
    ),
}
