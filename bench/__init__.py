"""Measures on a user's own clips. Knows rules of choosing, counting and reporting; marks and judges through the verbs.

>>> from countermark.bench.results import wilson_low
>>> round(wilson_low(12, 12), 2)
0.76
"""
