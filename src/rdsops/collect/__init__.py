"""Reading the world; the only room that asks."""
