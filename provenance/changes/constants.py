"""What was fitted on clips by `python -m benchmarks.provenance.changed --fit`, on sources set apart for it.

Each norm is what all but 2 % of honest copies stay under, in sums of squared spreads over the root of their cells.
"""

# fmt: off
FLOOR = 0.6  # levels: what a cell's brightness may be off where nothing else says so
ERROR_WEIGHT = 1.0  # of the rounding of what was kept
DETAIL_FLOOR = 0.25  # doublings of its detail
PART_PRICE = 1.0  # by which the threshold rises with the logarithm of a long video's parts
NORMS = {
    (3, 1): 32.40, (3, 2): 36.13, (3, 4): 42.09,
    (4, 1): 43.20, (4, 2): 38.46, (4, 4): 42.76,
    (5, 1): 47.76, (5, 2): 41.15, (5, 4): 47.98,
    (7, 1): 54.42, (7, 2): 43.14, (7, 4): 46.64,
    (9, 1): 59.29, (9, 2): 44.54, (9, 4): 46.43,
    (13, 1): 54.62, (13, 2): 42.52, (13, 4): 45.86,
}
SIGNED_NORMS = {
    (3, 1): 10.50, (3, 2): 12.41, (3, 4): 16.01,
    (4, 1): 14.00, (4, 2): 14.10, (4, 4): 17.20,
    (5, 1): 16.10, (5, 2): 15.52, (5, 4): 19.68,
    (7, 1): 18.63, (7, 2): 17.29, (7, 4): 21.95,
    (9, 1): 18.67, (9, 2): 20.18, (9, 4): 23.45,
    (13, 1): 19.87, (13, 2): 22.70, (13, 4): 28.31,
}
DETAIL_NORMS = {
    (2, 1): 18.65, (2, 2): 20.35, (2, 4): 26.51,
    (3, 1): 18.56, (3, 2): 18.65, (3, 4): 21.89,
    (4, 1): 20.02, (4, 2): 18.66, (4, 4): 20.89,
    (5, 1): 21.45, (5, 2): 16.88, (5, 4): 18.63,
    (7, 1): 19.86, (7, 2): 15.34, (7, 4): 14.51,
}
THRESHOLD = 1.648  # of the answer, from which on it is a change
BIAS = -6.4179
WEIGHTS = (  # of the highest boxes by length, of small ones, of what most reach; thrice; then of how stirred it is
    0.6858, 2.1130, 0.1467, 0.4341, -0.4376, -0.2058,
    -0.4074, 2.5686, -0.7834, 0.1744, -1.3805, -1.4719,
    0.2775, 0.7925, -0.8160, 0.8872, -0.1809, -0.2543,
    -0.5586, 1.5467, -0.0730,
)
