"""Changing the world; the only room that writes."""
