# Reference values for what a fit claims beyond its estimates, written to claims.json beside this file.
#
#     Rscript make_claims.R          (R >= 4.2; packages jsonlite, MASS, nnet, sandwich, survey)
#
# What R has, it computes: lm, glm, vcovHC, vcovCL, NeweyWest, drop1, confint, svyglm, multinom. What it has not
# is written out below from its definition: refits without one row, profile-likelihood ends to full precision, and the
# multinomial sandwich. All data are generated here. Coefficients: (Intercept), x, z, am, ah (factor a: l, m, h).
# All glm are evaluated at their optimum: IRLS alone leaves the weights of the step before the last.

suppressPackageStartupMessages({library(jsonlite); library(MASS); library(nnet); library(sandwich); library(survey)})
RNGversion("4.0.0")
set.seed(20261127)
root <- function(f, from, to) uniroot(f, c(from, to), tol = 1e-13, maxiter = 200)$root
numbers <- function(v) unname(as.numeric(v))
errors <- function(v) numbers(sqrt(diag(v)))

rows <- function(n = 120) {
  t <- seq_len(n)
  g <- sort(sample(14, n, TRUE, prob = 1:14))                       # 14 clusters of unequal size, in file order
  x <- round(rnorm(n) + 0.6 * rnorm(14)[g], 6)
  z <- round(rnorm(n), 6)
  a <- factor(sample(c("l", "m", "h"), n, TRUE, prob = c(.5, .35, .15)), levels = c("l", "m", "h"))
  effect <- c(0, .5, -.4)[a]
  u <- as.numeric(arima.sim(list(ar = .5), n)) + .7 * rnorm(14)[g]
  eta <- .3 + .8 * x - .5 * z + effect
  utility <- cbind(0, .2 + .7 * x, -.3 + .5 * z - .3 * x) - log(-log(matrix(runif(3 * n), n)))
  data.frame(t, g, x, z, a, y = round(eta + (.5 + .5 * abs(x)) * u, 6), b = as.integer(eta + rlogis(n) > 0),
             k = rpois(n, exp(.5 * eta)), c = max.col(utility) - 1L, precision = round(rgamma(n, 2, 2) + .05, 4),
             frequency = sample(1:4, n, TRUE), sampling = round(exp(.8 * rnorm(n)) * 100, 2))
}

sharp <- function(formula, family, data) {
  arguments <- list(formula = formula, family = family, data = data, control = glm.control(epsilon = 1e-15, maxit = 100))
  first <- suppressWarnings(do.call(glm, arguments))
  suppressWarnings(do.call(glm, c(arguments, list(start = coef(first)))))
}

said <- function(estimate, se, df = Inf) {
  width <- qt(.975, df) * se
  list(estimate = numbers(estimate), std_error = numbers(se), ci_low = numbers(estimate - width),
       ci_high = numbers(estimate + width), statistic = numbers(estimate / se), p_value = numbers(2 * pt(-abs(estimate / se), df)))
}

sandwiches <- function(m, d) {
  kinds <- c("HC0", "HC1", "HC2", "HC3")
  found <- lapply(kinds, function(kind) vcovHC(m, type = kind))
  names(found) <- tolower(kinds)
  found$cluster <- vcovCL(m, d$g, type = "HC1", cadj = TRUE)
  for (lag in c(0, 4, 14))                                          # 14 = floor(1.3 sqrt(120)), the lag by default
    found[[paste0("hac", lag)]] <- NeweyWest(m, lag = lag, prewhite = FALSE, adjust = TRUE, order.by = d$t)
  # W = b' V^-1 b over the coefficients of a term; the law of W / q is chosen by rules of degrees of freedom, not here
  wald <- function(v) lapply(list(x = 2, z = 3, a = 4:5), function(j) as.numeric(coef(m)[j] %*% solve(v[j, j], coef(m)[j])))
  lapply(found, function(v) list(covariance = unname(v), std_error = errors(v), wald = wald(v)))
}

one_out <- function(loss, n) {
  rowwise <- sapply(seq_len(n), loss)
  list(mean = mean(rowwise), rows = rowwise)
}

gaussian_rows <- function(d, weight = rep(1, nrow(d)), whole = TRUE) {
  d$weight <- weight
  m <- lm(y ~ x + z + a, d, weights = weight)
  n <- nrow(d)
  rss <- deviance(m)
  tests <- drop1(m, test = "F")
  answer <- list(loglik = as.numeric(logLik(m)), aic = AIC(m), bic = BIC(m), df = df.residual(m),
    sigma = list(ml = sqrt(rss / n), unbiased = sigma(m), ci_low = sqrt(rss / qchisq(.975, df.residual(m))),
                 ci_high = sqrt(rss / qchisq(.025, df.residual(m)))),
    t = said(coef(m), coef(summary(m))[, 2], df.residual(m)), confint = unname(confint(m)),
    leverage = numbers(hatvalues(m)),
    drop1 = list(term = c("x", "z", "a"), df = tests$Df[-1], f = tests$`F value`[-1], p_value = tests$`Pr(>F)`[-1]))
  # density of row i under the fit to the others: mean predicted, variance RSS(others) / (n - 1) / w_i, as ML has it
  answer$one_out <- one_out(function(i) {
    other <- lm(y ~ x + z + a, d[-i, ], weights = weight)
    variance <- deviance(other) / (n - 1) / d$weight[i]
    -dnorm(d$y[i], predict(other, d[i, ]), sqrt(variance), log = TRUE)
  }, n)
  if (whole) c(answer, sandwiches(m, d)) else c(answer, sandwiches(m, d)[c("hc0", "hc1", "hc2", "hc3")])
}

profiled <- function(formula, family, d, term, level = .95) {
  # ends of the likelihood-ratio interval of one slope, and its likelihood-ratio p: refits with the slope held by an offset
  full <- sharp(formula, family, d)
  rest <- update(formula, paste(". ~ . + offset(held) -", term))
  held <- function(value) {
    d$held <- value * d[[term]]
    deviance(sharp(rest, family, d)) - deviance(full)
  }
  gap <- function(value) held(value) - qchisq(level, 1)
  top <- coef(full)[[term]]
  se <- coef(summary(full))[term, 2]
  reach <- function(sign) { far <- 1; while (gap(top + sign * far * se) < 0) far <- 2 * far; top + sign * far * se }
  list(estimate = top, std_error = se, wald_p = coef(summary(full))[term, 4], ci_low = root(gap, reach(-1), top),
       ci_high = root(gap, top, reach(1)), lr = held(0), lr_p = pchisq(held(0), 1, lower.tail = FALSE),
       mass = suppressWarnings(suppressMessages(numbers(confint(full, term)))))     # by interpolation: three digits
}

glm_rows <- function(formula, family, d, loss) {
  m <- sharp(formula, family, d)
  n <- nrow(d)
  tests <- drop1(m, test = "LRT")
  answer <- list(loglik = as.numeric(logLik(m)), aic = AIC(m), bic = BIC(m),
    z = said(coef(m), coef(summary(m))[, 2]), leverage = numbers(hatvalues(m)),
    drop1 = list(term = c("x", "z", "a"), df = tests$Df[-1], lr = tests$LRT[-1], p_value = tests$`Pr(>Chi)`[-1]),
    profile = list(x = profiled(formula, family, d, "x"), z = profiled(formula, family, d, "z")))
  answer$one_out <- one_out(function(i) {
    other <- sharp(formula, family, d[-i, ])
    loss(d[i, ], predict(other, d[i, ], type = "response"))
  }, n)
  c(answer, sandwiches(m, d))
}

categorical_rows <- function(d, K = 3) {
  X <- model.matrix(~ x + z, d)
  n <- nrow(X); r <- ncol(X); P <- r * (K - 1)
  block <- function(i) kronecker(diag(K - 1), t(X[i, ]))            # (K-1, P): parameters class by class, class 0 is base
  hit <- outer(d$c, 1:(K - 1), "==") * 1
  chance <- function(theta) { e <- exp(cbind(0, X %*% matrix(theta, r))); e / rowSums(e) }
  loss <- function(theta, i) -log(chance(theta)[i, d$c[i] + 1])
  pieces <- function(theta) {
    p <- chance(theta)[, -1]
    lapply(seq_len(n), function(i) list(g = t(block(i)) %*% (p[i, ] - hit[i, ]),
                                        J = t(block(i)) %*% (diag(p[i, ]) - tcrossprod(p[i, ])) %*% block(i)))
  }
  newton <- function(keep, theta) {
    for (step in 1:50) {
      part <- pieces(theta)[keep]
      move <- solve(Reduce(`+`, lapply(part, `[[`, "J")), Reduce(`+`, lapply(part, `[[`, "g")))
      theta <- theta - as.numeric(move)
      if (max(abs(move)) < 1e-13) return(theta)
    }
    stop("Newton's method did not end")
  }
  net <- multinom(c ~ x + z, d, trace = FALSE, reltol = 1e-15, maxit = 1000)
  theta <- newton(seq_len(n), as.numeric(t(coef(net))))
  stopifnot(max(abs(theta - as.numeric(t(coef(net))))) < 1e-4)
  part <- pieces(theta)
  J <- Reduce(`+`, lapply(part, `[[`, "J"))
  outer_of <- function(steps) Reduce(`+`, lapply(steps, tcrossprod))
  bread <- solve(J)
  # hc3: the step of one Newton iteration without row i, from the curvature without row i itself: no leverages
  alone <- lapply(part, function(one) solve(J - one$J, one$g))
  without <- lapply(seq_len(n), function(i) newton(setdiff(seq_len(n), i), theta))
  jackknife <- outer_of(lapply(without, function(one) one - theta))
  lr <- sapply(c("x", "z"), function(term) {
    formula <- if (term == "x") c ~ z else c ~ x
    2 * (as.numeric(logLik(net)) - as.numeric(logLik(multinom(formula, d, trace = FALSE, reltol = 1e-15, maxit = 1000))))
  })
  hc0 <- bread %*% outer_of(lapply(part, `[[`, "g")) %*% bread
  list(loglik = -sum(sapply(seq_len(n), function(i) loss(theta, i))), z = said(theta, sqrt(diag(bread))), lr = as.list(lr),
       hc0 = list(covariance = hc0), hc1 = list(covariance = hc0 * n / (n - P)), hc3 = list(covariance = outer_of(alone)),
       jackknife = list(covariance = jackknife),
       one_out = list(mean = mean(sapply(seq_len(n), function(i) loss(without[[i]], i)))))
}

sampling_rows <- function(d) {
  # design-based: scores sum (w g)(w g)' n / (n - 1), t with n - p: svyglm of a sample drawn with these weights
  design <- svydesign(ids = ~1, weights = ~sampling, data = d)
  of <- function(formula, family) {
    arguments <- list(formula, design, family = family, control = glm.control(epsilon = 1e-15, maxit = 100))
    m <- do.call(svyglm, c(arguments, list(start = coef(do.call(svyglm, arguments)))))
    c(said(coef(m), errors(vcov(m)), m$df.residual), list(covariance = unname(vcov(m)), df = m$df.residual))
  }
  list(kish = sum(d$sampling)^2 / sum(d$sampling^2), gaussian = of(y ~ x + z + a, gaussian()),
       bernoulli = of(b ~ x + z + a, quasibinomial()), poisson = of(k ~ x + z + a, quasipoisson()))
}

wald_fails <- function() {
  # nearly separated: the slope is beyond doubt, and its Wald statistic is small (Hauck and Donner 1977)
  x <- round(c(-30:-1, 1:30) / 10, 1)
  b <- as.integer(x > 0)
  b[c(30, 31)] <- 1:0
  d <- data.frame(x, b)
  list(x = x, b = b, profile = profiled(b ~ x, binomial(), d, "x"))
}

nist_longley <- function() {
  # Longley's data as NIST publishes them (public domain); lm has NIST's certified digits to 1e-13
  d <- read.csv("../../sample_data/longley.csv")
  m <- lm(y ~ ., d)
  c(said(coef(m), coef(summary(m))[, 2], df.residual(m)), list(df = df.residual(m), sigma = sigma(m)))
}

d <- rows()
repeated <- d[rep(seq_len(nrow(d)), d$frequency), ]
logit <- b ~ x + z + a
counts <- k ~ x + z + a
packages <- c("jsonlite", "MASS", "nnet", "sandwich", "survey")
versions <- paste(packages, sapply(packages, function(p) as.character(packageVersion(p))))
answer <- list(
  made_by = paste(c(R.version.string, versions), collapse = ", "),
  data = transform(d, a = as.character(a)),
  gaussian = gaussian_rows(d),
  precision = gaussian_rows(d, d$precision, whole = FALSE),
  frequency = gaussian_rows(repeated, whole = FALSE),
  bernoulli = glm_rows(logit, binomial(), d, function(row, p) -dbinom(row$b, 1, p, log = TRUE)),
  poisson = glm_rows(counts, poisson(), d, function(row, mu) -dpois(row$k, mu, log = TRUE)),
  categorical = categorical_rows(d),
  sampling = sampling_rows(d),
  wald_fails = wald_fails(),
  longley = nist_longley())
writeLines(toJSON(answer, dataframe = "columns", auto_unbox = TRUE, digits = I(16), na = "null"), "claims.json")
