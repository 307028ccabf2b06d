"""Memory: what was seen and done."""
