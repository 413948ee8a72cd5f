"""Checks of maps: the line under each of them, and the cells of the trust page."""
