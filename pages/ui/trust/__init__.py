"""Parts that say how far maps can be trusted."""
