"""The wing that judges pixels of unmarked video. Knows tiles, networks and calibration; nothing of marks, manifests or how fakes are made here."""
