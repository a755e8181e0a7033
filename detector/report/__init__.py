"""What the detector found, for people: words, heat maps, a page. Knows Evidence of detectors; judges nothing."""
