"""How far explanations of one picture agree: masks, overlap, chance."""

from __future__ import annotations

from core.explain import CLASSICS

TRUSTED = ("grad-cam", "ablation-cam", "layer-cam", "eigen-cam")
"""Methods whose maps are checked when nobody says which: quick, and one that asks for no class."""
COMPARED = CLASSICS
"""Command-line names of the methods that are compared when nobody says which."""
