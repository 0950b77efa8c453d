# Coefficients of R on the sample data, written to audit/ beside this file, for `mlefit audit`.
#
#     Rscript make_audit.R          (R >= 4.2; package nnet), in this folder

library(nnet)
table <- function(name) na.omit(read.csv(file.path("..", "..", "sample_data", name), stringsAsFactors = TRUE))
conversions <- table("conversions.csv")
measurements <- table("measurements.csv")

glm_default <- glm(converted ~ age + visits + minutes + channel, binomial, conversions)
write.csv(data.frame(Estimate = coef(glm_default)), file.path("audit", "r_glm.csv"))

# what summary() shows, copied with its digits
shown <- signif(coef(summary(glm_default))[, "Estimate"], 4)
write.csv(data.frame(term = names(shown), estimate = formatC(shown, digits = 4, format = "g")),
          file.path("audit", "r_glm_shown.csv"), row.names = FALSE, quote = FALSE)

# stopped after two steps
stopped <- suppressWarnings(glm(converted ~ age + visits + minutes + channel, binomial, conversions,
                                control = glm.control(maxit = 2)))
write.csv(data.frame(term = names(coef(stopped)), estimate = coef(stopped)), file.path("audit", "r_glm_stopped.csv"),
          row.names = FALSE)

probit <- glm(converted ~ age + visits + minutes + channel, binomial(probit), conversions)
write.csv(data.frame(term = names(coef(probit)), estimate = coef(probit)), file.path("audit", "r_probit.csv"), row.names = FALSE)

other <- glm(converted == "no" ~ age + visits + minutes + channel, binomial, conversions)
write.csv(data.frame(term = names(coef(other)), estimate = coef(other)), file.path("audit", "r_other.csv"), row.names = FALSE)

fit <- lm(y ~ x1 + x2 + site, measurements)
write.csv(rbind(data.frame(name = names(coef(fit)), value = coef(fit)), data.frame(name = "sigma", value = summary(fit)$sigma)),
          file.path("audit", "r_lm.csv"), row.names = FALSE)
fewer <- lm(y ~ x1 * site, measurements)
write.csv(data.frame(name = names(coef(fewer)), value = coef(fewer)), file.path("audit", "r_fewer_rows.csv"), row.names = FALSE)
product <- lm(y ~ x1 * site, read.csv(file.path("..", "..", "sample_data", "measurements.csv")))       # x2 may be missing
write.csv(data.frame(name = names(coef(product)), value = coef(product)), file.path("audit", "r_product.csv"), row.names = FALSE)

species <- table("species.csv")
classes <- multinom(species ~ ., species, maxit = 1000, reltol = 1e-15, abstol = 0, trace = FALSE)
long <- as.data.frame(as.table(coef(classes)))
names(long) <- c("class", "name", "estimate")
write.csv(long, file.path("audit", "r_multinom.csv"), row.names = FALSE)

growth <- table("growth.csv")
curve <- nls(grams ~ top / (1 + exp(-(day - middle) / width)), growth, start = list(top = 60, middle = 20, width = 5),
             control = nls.control(tol = 1e-8))
write.csv(data.frame(name = c(names(coef(curve)), "sigma"), value = c(coef(curve), summary(curve)$sigma)),
          file.path("audit", "r_nls.csv"), row.names = FALSE)
