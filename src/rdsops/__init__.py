"""rdsops operates a fleet of Amazon RDS and Aurora databases: it surveys, judges, changes and rehearses."""

__version__ = "0.1.0"
