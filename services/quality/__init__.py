"""The quality service: what hospitals answer, and whether that meets the norms of a year."""
