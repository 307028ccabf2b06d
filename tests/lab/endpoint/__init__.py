"""The endpoint over its wire, with unmodified clients."""
