"""The snapshot: what is."""
