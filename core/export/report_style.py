"""The look of an HTML report: the reader's own light or dark colours."""

STYLE = """
:root {color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif}
body {margin: 0; background: Canvas; color: CanvasText}
main {max-width: 1100px; margin: 0 auto; padding: 2rem 1rem 4rem}
h1 {font-size: 1.8rem; margin: 0 0 .5rem}
h2 {font-size: 1.3rem; margin: 2.2rem 0 .6rem}
h3 {font-size: 1.05rem; margin: 0 0 .3rem; overflow-wrap: anywhere}
section {border-top: 1px solid GrayText; padding: 1.2rem 0 .4rem; break-inside: avoid}
.maps {display: flex; flex-wrap: wrap; gap: .8rem}
figure {margin: 0; flex: 0 1 200px}
figure img {width: 100%; display: block}
figcaption {font-size: .85rem}
img.wide {width: 100%; height: auto}
table {border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums}
th, td {text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid GrayText}
pre {overflow-x: auto; padding: .8rem; border: 1px solid GrayText; white-space: pre-wrap}
@media (max-width: 640px) {table {font-size: .85rem} th, td {padding-right: .5rem}}
"""
