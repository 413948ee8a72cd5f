"""Explainers: from a request to a heat map. `methods.METHODS` is the table of all of them."""

CLASSICS = ("grad-cam", "ablation-cam", "score-cam", "lime")
"""Names of the methods that are compared most often."""
