"""What was fitted on clips by `python -m benchmarks.provenance.changed --fit`, on sources set apart for it.

Each norm is what all but 2 % of honest copies stay under, in sums of squared spreads over the root of their cells.
"""

# fmt: off
FLOOR = 0.6  # levels: what a cell's brightness may be off where nothing else says so
ERROR_WEIGHT = 1.0  # of the rounding of what was kept
DETAIL_FLOOR = 0.25  # doublings of its detail
PART_PRICE = 0.5  # by which the threshold rises with the logarithm of a long video's parts
NORMS = {
    (3, 1): 32.40, (3, 2): 34.84, (3, 4): 40.91,
    (4, 1): 43.20, (4, 2): 38.29, (4, 4): 40.95,
    (5, 1): 49.55, (5, 2): 41.37, (5, 4): 44.20,
    (7, 1): 60.43, (7, 2): 44.79, (7, 4): 46.19,
    (9, 1): 68.28, (9, 2): 46.74, (9, 4): 47.42,
    (13, 1): 65.67, (13, 2): 43.63, (13, 4): 45.84,
}
SIGNED_NORMS = {
    (3, 1): 10.50, (3, 2): 12.09, (3, 4): 16.19,
    (4, 1): 14.00, (4, 2): 14.30, (4, 4): 17.51,
    (5, 1): 16.54, (5, 2): 16.22, (5, 4): 19.47,
    (7, 1): 19.61, (7, 2): 18.05, (7, 4): 21.62,
    (9, 1): 19.48, (9, 2): 20.66, (9, 4): 23.37,
    (13, 1): 21.15, (13, 2): 23.14, (13, 4): 27.68,
}
DETAIL_NORMS = {
    (2, 1): 19.04, (2, 2): 20.47, (2, 4): 27.13,
    (3, 1): 18.58, (3, 2): 19.95, (3, 4): 22.28,
    (4, 1): 19.10, (4, 2): 19.32, (4, 4): 21.55,
    (5, 1): 20.41, (5, 2): 16.75, (5, 4): 18.57,
    (7, 1): 20.29, (7, 2): 16.00, (7, 4): 14.36,
}
THRESHOLD = 1.743  # of the answer, from which on it is a change
BIAS = -5.0969
WEIGHTS = (  # of the highest boxes by length, of small ones, of what most reach; thrice; then of how stirred it is
    0.5325, 2.3270, 0.3749, 0.5912, -0.4549, -0.1613,
    0.1168, 1.7928, -0.6765, -0.2157, -0.5595, -2.1165,
    0.4782, 0.2768, -0.5509, 0.8650, -0.0398, -0.2519,
    -0.4542, 0.8956, 0.6212,
)
