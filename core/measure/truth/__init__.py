"""Where objects are in pictures, as files that strangers made say: read as masks."""
