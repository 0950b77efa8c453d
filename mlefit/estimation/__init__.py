"""From tallies to an optimum, through scipy.optimize: both routes, their certificates, and whether there is an optimum."""
