"""Parts that show maps."""
