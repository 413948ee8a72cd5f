"""Class activation maps: engines on a split model."""
