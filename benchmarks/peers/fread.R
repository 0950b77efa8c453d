# R with data.table: lm, glm or nnet::multinom with standard errors.   Rscript --vanilla fread.R FILE MODEL
given <- commandArgs(trailingOnly = TRUE)
data <- as.data.frame(data.table::fread(given[1], stringsAsFactors = TRUE))
fit <- switch(given[2],
  gaussian = lm(y ~ ., data = data),
  bernoulli = glm(y ~ ., data = data, family = binomial),
  categorical = nnet::multinom(y ~ ., data = data, trace = FALSE, Hess = TRUE, maxit = 1000)
)
print(summary(fit))
cat(sprintf("loglik %.17g\n", as.numeric(logLik(fit))))
