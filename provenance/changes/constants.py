"""What was fitted on clips by `python -m benchmarks.provenance.changed --fit`, on sources set apart for it.

Each norm is what all but 2 % of honest copies stay under, in sums of squared spreads over the root of their cells.
"""

# fmt: off
FLOOR = 0.6  # levels: what a cell's brightness may be off where nothing else says so
ERROR_WEIGHT = 1.0  # of the rounding of what was kept
DETAIL_FLOOR = 0.25  # doublings of its detail
PART_PRICE = 0.5  # by which the threshold rises with the logarithm of a long video's parts
NORMS = {
    (3, 1): 85.07, (3, 2): 77.28, (3, 4): 99.45,
    (4, 1): 83.67, (4, 2): 78.55, (4, 4): 89.69,
    (5, 1): 84.18, (5, 2): 80.10, (5, 4): 81.23,
    (7, 1): 71.63, (7, 2): 78.60, (7, 4): 70.79,
    (9, 1): 68.68, (9, 2): 76.25, (9, 4): 69.39,
    (13, 1): 60.45, (13, 2): 68.45, (13, 4): 67.01,
}
SIGNED_NORMS = {
    (3, 1): 14.91, (3, 2): 15.93, (3, 4): 19.98,
    (4, 1): 16.07, (4, 2): 18.26, (4, 4): 21.02,
    (5, 1): 16.93, (5, 2): 19.21, (5, 4): 23.63,
    (7, 1): 18.99, (7, 2): 21.87, (7, 4): 25.81,
    (9, 1): 20.09, (9, 2): 25.02, (9, 4): 26.06,
    (13, 1): 19.90, (13, 2): 24.95, (13, 4): 26.74,
}
DETAIL_NORMS = {
    (2, 1): 63.56, (2, 2): 59.53, (2, 4): 56.82,
    (3, 1): 55.78, (3, 2): 50.64, (3, 4): 48.22,
    (4, 1): 52.06, (4, 2): 40.81, (4, 4): 49.79,
    (5, 1): 44.00, (5, 2): 39.07, (5, 4): 40.89,
    (7, 1): 40.07, (7, 2): 36.08, (7, 4): 30.34,
}
THRESHOLD = 2.550  # of the answer, from which on it is a change
BIAS = -3.0550
WEIGHTS = (  # of the highest boxes by length, of small ones, of what most reach; thrice; then of how stirred it is
    1.0422, 0.8339, 0.2243, 0.7380, -0.3823, -0.1908,
    0.7545, 0.7772, -0.8460, -0.1024, -0.8669, -0.5565,
    0.0111, 0.1613, -0.1758, 0.2139, -0.1894, -0.0844,
    0.2337, -0.0102, -0.0671,
)
