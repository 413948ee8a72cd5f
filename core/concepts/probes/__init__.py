"""Probe sets: the pictures that units are described with."""
