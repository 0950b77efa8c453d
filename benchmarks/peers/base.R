# R as it comes: read.csv, then lm, glm or multinom.   base.R FILE MODEL
given <- commandArgs(trailingOnly = TRUE)
data <- read.csv(given[1])
fit <- switch(given[2], gaussian = lm(y ~ ., data), bernoulli = glm(y ~ ., binomial, data),
              poisson = glm(y ~ ., poisson, data))
print(summary(fit)$coefficients)
cat("loglik", format(as.numeric(logLik(fit)), digits = 15), "\n")
