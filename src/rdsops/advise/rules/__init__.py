"""The rules of the review, one theme a file."""
