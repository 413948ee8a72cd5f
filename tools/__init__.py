"""Scripts beside the product: they make what lies in assets/, and start the server."""
