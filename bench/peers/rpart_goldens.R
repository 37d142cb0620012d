# Answers of rpart at given complexities, for tests/golden/trees/rpart.json.
#
# Usage: Rscript bench/peers/rpart_goldens.R examples/data tests/golden/trees/rpart.json
# For each table of examples/data and each cp: leaves of the tree and its answer for every row, in the table's order
# (probability of each class in alphabetical order, or the number).

suppressMessages(library(rpart))
invisible(Sys.setlocale("LC_ALL", "C"))
arguments <- commandArgs(trailingOnly = TRUE)

cases <- list(
  list(file = "titanic.csv", target = "survived", cp = c(0.02, 0.01, 0.002)),
  list(file = "penguins.csv", target = "species", cp = c(0.05, 0.01, 0.001)),
  list(file = "pima.csv", target = "diabetes", cp = c(0.03, 0.01, 0.004)),
  list(file = "wdbc.csv", target = "Diagnosis", cp = c(0.02, 0.005)),
  list(file = "mtcars.csv", target = "mpg", cp = c(0.05, 0.01)),
  list(file = "ames_housing.csv.gz", target = "Sale_Price", cp = c(0.02, 0.01, 0.003))
)

numbers <- function(values) paste0("[", paste(sprintf("%.10g", values), collapse = ", "), "]")

one_fit <- function(case, table, surrogates, cp) {
  classes <- is.factor(table[[case$target]])
  control <- rpart.control(minsplit = 20, minbucket = 7, cp = cp, xval = 0, maxcompete = 0,
                           maxsurrogate = surrogates, usesurrogate = 2, surrogatestyle = 0, maxdepth = 30)
  formula <- as.formula(paste(case$target, "~ ."))
  fit <- rpart(formula, data = table, method = if (classes) "class" else "anova", control = control)
  answer <- if (classes) c(t(predict(fit, table, type = "prob"))) else predict(fit, table)
  last <- fit$cptable[nrow(fit$cptable), ]
  sprintf('{"cp": %s, "surrogates": %d, "leaves": %d, "error": %.17g, "answers": %s}', format(cp), surrogates,
          sum(fit$frame$var == "<leaf>"), last[["rel error"]], numbers(unname(answer)))
}

one_case <- function(case) {
  table <- read.csv(file.path(arguments[1], case$file), stringsAsFactors = TRUE, na.strings = "")
  fits <- sapply(case$cp, function(cp) one_fit(case, table, 5, cp))
  sprintf('{"file": "%s", "target": "%s", "fits": [\n%s]}', case$file, case$target, paste(fits, collapse = ",\n"))
}

peer <- sprintf('"peer": "rpart %s, R %s.%s"', packageVersion("rpart"), R.version$major, R.version$minor)
writeLines(paste0("{", peer, ', "cases": [\n', paste(sapply(cases, one_case), collapse = ",\n"), "]}"), arguments[2])
