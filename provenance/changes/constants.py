"""What was fitted on clips by `python -m benchmarks.provenance.changed --fit`, on sources set apart for it.

Each norm is what all but 2 % of honest copies stay under, in sums of squared spreads over the root of their cells.
"""

FLOOR = 0.6  # levels: what a cell's brightness may be off where nothing else says so
ERROR_WEIGHT = 1.0  # of the rounding of what was kept
DETAIL_FLOOR = 0.25  # doublings of its detail
THRESHOLD = 1.1  # of the answer, from which on it is a change
PART_PRICE = 1.0  # by which it rises with the logarithm of a long video's parts
NORMS = {
    (3, 1): 24.66,
    (3, 2): 27.93,
    (3, 4): 35.84,
    (4, 1): 24.69,
    (4, 2): 27.97,
    (4, 4): 33.47,
    (5, 1): 26.02,
    (5, 2): 28.41,
    (5, 4): 31.11,
    (7, 1): 25.22,
    (7, 2): 27.97,
    (7, 4): 30.63,
    (9, 1): 25.11,
    (9, 2): 29.16,
    (9, 4): 32.92,
    (13, 1): 26.27,
    (13, 2): 32.79,
    (13, 4): 30.01,
}
SIGNED_NORMS = {
    (3, 1): 8.70,
    (3, 2): 10.29,
    (3, 4): 13.33,
    (4, 1): 9.78,
    (4, 2): 11.47,
    (4, 4): 13.88,
    (5, 1): 10.51,
    (5, 2): 12.68,
    (5, 4): 14.55,
    (7, 1): 11.85,
    (7, 2): 14.58,
    (7, 4): 16.32,
    (9, 1): 12.35,
    (9, 2): 15.74,
    (9, 4): 17.44,
    (13, 1): 13.69,
    (13, 2): 16.69,
    (13, 4): 19.01,
}
DETAIL_NORMS = {
    (2, 1): 19.58,
    (2, 2): 26.39,
    (2, 4): 34.61,
    (3, 1): 17.60,
    (3, 2): 23.40,
    (3, 4): 30.49,
    (4, 1): 15.96,
    (4, 2): 19.12,
    (4, 4): 25.30,
    (5, 1): 13.60,
    (5, 2): 16.55,
    (5, 4): 21.50,
    (7, 1): 10.39,
    (7, 2): 12.84,
    (7, 4): 15.69,
}
BIAS = 0.0
WEIGHTS = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0) * 3 + (0.0,) * 3
