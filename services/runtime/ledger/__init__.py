"""The ledger: who changed what, on whose behalf and when, in a chain of hashes that shows any later alteration."""
