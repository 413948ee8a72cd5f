"""The classroom: a class guesses, paints, and sees what the model does."""
