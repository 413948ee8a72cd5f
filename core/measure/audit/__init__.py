"""What pictures with known classes tell of a model: numbers beside what chance gives."""
