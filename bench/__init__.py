"""Side-by-side measurements against the stock libraries: `python -m bench cams`."""
