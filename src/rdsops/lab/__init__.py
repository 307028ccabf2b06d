"""A local fleet of real engines behind an AWS-compatible endpoint."""
