"""The AWS-compatible endpoint: wire, gate, dispatch."""
