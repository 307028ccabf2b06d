"""The SQL door: connections and questions."""
