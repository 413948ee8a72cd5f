"""How far explanations of one picture agree: masks, overlap, chance."""

from __future__ import annotations

TRUSTED = ("grad-cam", "ablation-cam", "layer-cam", "eigen-cam")
"""Methods whose maps are checked when nobody says which: quick, and one that asks for no class."""
COMPARED = ("grad-cam", "ablation-cam", "score-cam", "lime")
"""Command-line names of the methods that are compared when nobody says which."""
