"""What the mark survives and what it costs, on any folder of clips. Knows attacks and counting; marks by the wing.

>>> from countermark.bench.watermark.results import interval
>>> low, high = interval(12, 12)
>>> round(low, 2), high
(0.76, 1.0)
"""
