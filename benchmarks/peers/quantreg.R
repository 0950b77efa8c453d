# R's quantreg at its best: fread, then the interior point method after preprocessing, with nid errors.   quantreg.R FILE MODEL
given <- commandArgs(trailingOnly = TRUE)
suppressMessages(library(quantreg))
data <- as.data.frame(data.table::fread(given[1]))
fit <- rq(y ~ ., 0.5, data, method = "pfn")
print(summary(fit, se = "nid", covariance = FALSE)$coefficients)
rest <- data$y - cbind(1, as.matrix(data[names(data) != "y"])) %*% coef(fit)
scale <- mean(abs(rest)) / 2     # of the asymmetric Laplace law at the median
cat("loglik", format(-nrow(data) * (log(4 * scale) + 1), digits = 15), "\n")
