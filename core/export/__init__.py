"""Files for people to keep: overlays, raw values, records, bundles."""
