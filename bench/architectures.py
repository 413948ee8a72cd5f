"""One small model of every architecture: does it give maps at its default layer?

Random weights, so no map means anything; what counts is that the way from a picture to a map exists
for the architecture and is not flat. Writes a table; models that are in it already are kept, so a
run that was stopped goes on.
"""

from __future__ import annotations

MAPS = ("grad-cam", "ablation-cam", "eigen-cam")
NAMES = 200
"""Models of timm in the table."""
SAMPLES = 50
