"""The face over HTTP: where the verification service comes to stand. Knows requests and answers; judges nothing."""
