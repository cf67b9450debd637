"""Wall-clock time in Europe/Amsterdam as integer minutes: every day counts 1440 minutes (AMB-04, AMB-05)."""
