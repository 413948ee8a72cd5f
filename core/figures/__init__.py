"""Figures: the only place that knows colours, scaling for the eye and Plotly."""

PHONE = 600
"""Widths in pixels below this are a phone's: one panel per row, no dragging in a figure."""
