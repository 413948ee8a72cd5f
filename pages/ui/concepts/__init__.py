"""Parts of the concepts page."""
