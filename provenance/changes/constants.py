"""What was fitted on clips by `python -m benchmarks.provenance.changed --fit`, on sources set apart for it.

Each norm is what all but 2 % of honest copies stay under, in sums of squared spreads over the root of their cells.
"""

# fmt: off
FLOOR = 0.6  # levels: what a cell's brightness may be off where nothing else says so
ERROR_WEIGHT = 1.0  # of the rounding of what was kept
DETAIL_FLOOR = 0.25  # doublings of its detail
PART_PRICE = 1.0  # by which the threshold rises with the logarithm of a long video's parts
NORMS = {
    (3, 1): 32.40, (3, 2): 28.12, (3, 4): 37.81,
    (4, 1): 43.20, (4, 2): 29.03, (4, 4): 35.92,
    (5, 1): 47.90, (5, 2): 32.30, (5, 4): 33.12,
    (7, 1): 56.33, (7, 2): 37.97, (7, 4): 28.96,
    (9, 1): 63.77, (9, 2): 42.79, (9, 4): 30.48,
    (13, 1): 58.83, (13, 2): 39.04, (13, 4): 26.95,
}
SIGNED_NORMS = {
    (3, 1): 10.50, (3, 2): 10.69, (3, 4): 13.32,
    (4, 1): 14.00, (4, 2): 12.07, (4, 4): 14.06,
    (5, 1): 16.31, (5, 2): 13.16, (5, 4): 15.28,
    (7, 1): 19.06, (7, 2): 15.82, (7, 4): 17.01,
    (9, 1): 18.54, (9, 2): 16.22, (9, 4): 19.25,
    (13, 1): 19.49, (13, 2): 17.08, (13, 4): 20.27,
}
DETAIL_NORMS = {
    (2, 1): 17.89, (2, 2): 19.63, (2, 4): 26.68,
    (3, 1): 18.29, (3, 2): 18.87, (3, 4): 22.58,
    (4, 1): 19.69, (4, 2): 18.34, (4, 4): 21.91,
    (5, 1): 21.55, (5, 2): 17.40, (5, 4): 17.78,
    (7, 1): 19.62, (7, 2): 15.47, (7, 4): 15.55,
}
THRESHOLD = 1.313  # of the answer, from which on it is a change
BIAS = -4.5016
WEIGHTS = (  # of the highest boxes by length, of small ones, of what most reach; thrice; then of how stirred it is
    0.6043, 2.2427, -0.2426, 1.7315, -0.3319, 0.0286,
    -0.4127, 1.9427, -1.2473, -0.1621, -0.1671, -0.9712,
    0.0260, 0.6001, 0.1286, 0.5837, -0.6327, -0.2402,
    -0.5422, 1.0269, 0.8029,
)
