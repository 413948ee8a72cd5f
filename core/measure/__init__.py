"""How far explanations of one picture agree: masks, overlap, chance."""

from __future__ import annotations

COMPARED = ("grad-cam", "ablation-cam", "score-cam", "lime")
"""Command-line names of the methods that are compared when nobody says which."""
