"""Values that everything else is made of: references, errors, units."""
