"""Whether there is an optimum at all: the rank of the design, and separation."""
