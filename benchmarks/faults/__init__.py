"""Whether a scan loses or repeats anything while its workers and its database die under it."""
