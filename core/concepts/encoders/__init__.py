"""Image-text encoders: pictures and words as vectors of one space."""
