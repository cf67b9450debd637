"""The budget service: availability, norm budget, and what closures and stops oblige a provider to."""
