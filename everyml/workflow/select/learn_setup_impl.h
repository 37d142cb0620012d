#pragma once

#include <span>
#include <string>
#include <vector>

#include "everyml/workflow/select/judge_impl.h"
#include "everyml/workflow/select/learn.h"

namespace everyml::select_impl {

/// Examines the table and finds the question: task, rows, columns, metric, folds. What it finds is told in
/// `result`. Throws what learn() promises.
Problem make_problem(const Table& table, const LearnOptions& options, std::span<const ReadNote> notes,
                     LearnResult& result, const Context& context);
/// Throws what learn() promises for options that contradict the table or each other.
void check_options(const Table& table, const LearnOptions& options);
/// The columns to learn from. Throws DataError "learn.no_columns".
std::vector<std::string> columns_to_use(const Table& table, const LearnOptions& options,
                                        const DoctorReport& doctor);
Folds make_folds(const Problem& problem, const LearnOptions& options, const Context& context);
/// Rows of weight 0 are as if they were not there: a fold could else have nothing that counts. Fills the
/// weights of the rows that are left.
void leave_out_weightless(const Table& table, const LearnOptions& options, Target::Kind kind,
                          std::vector<std::size_t>& rows, Problem& problem);
/// Test rows per training row, the mean over folds.
double mean_test_share(const Folds& folds);
/// The algorithms to judge, the plainest first. Throws ParameterError "learn.only".
std::vector<Entry> fitting_entries(const Problem& problem, const LearnOptions& options);
/// Why it is left to those who ask for it by name; empty when it is not.
std::string reason_to_skip(const Entry& entry, const Problem& problem, const LearnOptions& options);

}  // namespace everyml::select_impl
