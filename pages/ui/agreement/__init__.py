"""Parts of the agreement page."""
