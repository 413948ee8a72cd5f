"""Where models come from: one module a source, all with the same few functions."""
