"""Maps from the gradient of a class's score for the picture itself.

The formulas are captum's. It gets a function, never the shared model: no hook, no `.backward()`.
"""
