"""Parts of the superpixels page."""
