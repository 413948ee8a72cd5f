"""Pixels: palettes, overlays, outlines and thumbnails."""
