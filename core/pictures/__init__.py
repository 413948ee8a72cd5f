"""From bytes to pixels: decoding, colour modes, built-in pictures."""
