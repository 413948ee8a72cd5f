"""Maps from the attention of transformers."""
