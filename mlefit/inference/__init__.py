"""What follows from an optimum: covariances, standard errors, intervals and p-values."""
