"""What was fitted on clips by `python -m benchmarks.provenance.changed --fit`, on sources set apart for it.

Each norm is what all but 2 % of honest copies stay under, in sums of squared spreads over the root of their cells.
"""

# fmt: off
FLOOR = 0.6  # levels: what a cell's brightness may be off where nothing else says so
ERROR_WEIGHT = 1.0  # of the rounding of what was kept
DETAIL_FLOOR = 0.25  # doublings of its detail
PART_PRICE = 1.0  # by which the threshold rises with the logarithm of a long video's parts
NORMS = {
    (3, 1): 32.40, (3, 2): 34.30, (3, 4): 40.60,
    (4, 1): 43.20, (4, 2): 37.25, (4, 4): 40.41,
    (5, 1): 47.74, (5, 2): 40.39, (5, 4): 39.53,
    (7, 1): 55.72, (7, 2): 42.80, (7, 4): 43.69,
    (9, 1): 61.94, (9, 2): 44.16, (9, 4): 41.87,
    (13, 1): 58.42, (13, 2): 42.43, (13, 4): 42.29,
}
SIGNED_NORMS = {
    (3, 1): 10.50, (3, 2): 12.34, (3, 4): 15.32,
    (4, 1): 14.00, (4, 2): 13.70, (4, 4): 17.16,
    (5, 1): 16.30, (5, 2): 15.56, (5, 4): 18.86,
    (7, 1): 19.04, (7, 2): 17.23, (7, 4): 21.51,
    (9, 1): 18.54, (9, 2): 19.98, (9, 4): 22.32,
    (13, 1): 19.80, (13, 2): 22.65, (13, 4): 26.57,
}
DETAIL_NORMS = {
    (2, 1): 17.98, (2, 2): 19.42, (2, 4): 25.89,
    (3, 1): 18.37, (3, 2): 18.79, (3, 4): 22.54,
    (4, 1): 19.71, (4, 2): 18.86, (4, 4): 21.21,
    (5, 1): 21.43, (5, 2): 16.93, (5, 4): 17.86,
    (7, 1): 19.65, (7, 2): 15.67, (7, 4): 15.20,
}
THRESHOLD = 1.910  # of the answer, from which on it is a change
BIAS = -7.2865
WEIGHTS = (  # of the highest boxes by length, of small ones, of what most reach; thrice; then of how stirred it is
    0.9052, 2.3709, -0.2690, 0.5472, -0.2897, -0.1422,
    -0.0302, 2.7542, -0.9538, -0.5049, -1.0678, -2.0735,
    0.2061, 0.5136, -0.1079, 0.6606, -0.6456, -0.2840,
    -1.0015, 2.0882, -0.2124,
)
