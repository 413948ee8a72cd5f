"""From a request to a dissection."""
