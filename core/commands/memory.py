"""How much of many pictures is held: the next one asks for nothing of the last one's."""

RESULTS, PICTURES = 64 << 20, 128 << 20
"""Bytes of maps and of decoded pictures."""
