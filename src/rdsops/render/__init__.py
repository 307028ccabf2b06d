"""Values as text, JSON, HTML, SARIF, Markdown. Nothing is decided here."""
