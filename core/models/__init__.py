"""Models: which there are, where their weights come from, and how they are run and split."""
