"""The process after the assessment, carried from finding to decision over a whole example year in simulated time."""
