"""The commands of `spoedkader policy`: one module for each group, thin, with the work beside it."""
