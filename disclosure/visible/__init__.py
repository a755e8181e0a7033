"""Labels that people see: what they say, how they are drawn, and whether they are still there."""
