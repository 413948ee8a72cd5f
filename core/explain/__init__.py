"""Explainers: from a request to a heat map. `methods.METHODS` is the table of all of them."""
