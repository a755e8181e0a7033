"""Reads what others wrote: manifests in files, beside them, elsewhere; believed by nobody until it is checked."""
