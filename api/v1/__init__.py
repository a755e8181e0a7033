"""Version 1 of the API: one file a thing that can be asked for. Knows requests and answers; does no work itself.

`shapes` is its JSON, `access` says who may see which check, `asking` turns what was sent into a check; the others have
a `router(service)` each.
"""
