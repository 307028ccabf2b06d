"""Client pools for applications; imports nothing else of ours."""
