"""What a scan costs: by worker, by look, by what the queue takes; and whether memory stays flat over a million."""
