"""What-if: a population judged by two policy sets, and what differs.

`judging` evaluates one norm at a time and remembers, `sameness` tells what a norm can reach, and `differences` holds
the findings of two sets against each other. `process` does all that in a process of its own, and `comparison` feeds as
many of those as it is told to; `frames` is what goes between them. Nothing is stored, and memory does not grow with the
population.
"""
