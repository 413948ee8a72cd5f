"""Figures for the browser (Plotly)."""
