"""How well the detector tells generated clips from filmed ones, on any table of clips, and beside simpler means.

Knows common re-encodes, sums over groups and how far to trust them; judges by whatever scorer it is given.

>>> from countermark.bench.detector.metrics import auc
>>> auc([0.2, 0.4], [0.3, 0.9])
0.75
"""
