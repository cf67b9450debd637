"""Documents that people read, print and keep: one description, shown as HTML and as PDF."""
