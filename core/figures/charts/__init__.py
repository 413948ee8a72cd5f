"""Charts as data: what is drawn, for the browser and for files alike.

A chart knows rows, values, colours and words; how large it is and how it is drawn is left to
`browser` (Plotly) and `print` (Matplotlib), which both take it.
"""
