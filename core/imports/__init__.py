"""Libraries that are imported late, or all at once before the first visitor."""
