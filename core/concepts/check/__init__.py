"""Whether a prediction rests on a concept's channels: switch them off, and random ones beside."""
