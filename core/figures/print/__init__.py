"""Figures for files (Matplotlib)."""
