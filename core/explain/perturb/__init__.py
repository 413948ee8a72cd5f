"""Perturbed pictures: superpixels, samples and LIME."""
