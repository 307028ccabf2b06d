"""Real database servers as private processes."""
