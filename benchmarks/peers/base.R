# R as it comes: read.csv, or data.table's fread for a large file where that is there, then lm, glm or multinom.   base.R FILE MODEL
given <- commandArgs(trailingOnly = TRUE)
large <- file.size(given[1]) > 1e7 && requireNamespace("data.table", quietly = TRUE)
data <- if (large) data.table::fread(given[1], data.table = FALSE) else read.csv(given[1])
fit <- switch(given[2], gaussian = lm(y ~ ., data), bernoulli = glm(y ~ ., binomial, data),
              poisson = glm(y ~ ., poisson, data))
print(summary(fit)$coefficients)
cat("loglik", format(as.numeric(logLik(fit)), digits = 15), "\n")
