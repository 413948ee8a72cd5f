"""Finished maps in the files of other programs."""
