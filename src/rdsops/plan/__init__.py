"""Plans: frozen steps that would change the world, each with guard, check and undo."""
