#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "everyml/foundation/base/parallel.h"
#include "everyml/foundation/base/text.h"
#include "everyml/workflow/encode/encoder_impl.h"
#include "everyml/workflow/encode/source_impl.h"

namespace everyml {
namespace encode_detail {
namespace {

constexpr std::size_t kBlockRows = 2048;

/// Rows of a tile whose features stay in the first cache while the columns are written one after the other.
std::size_t tile_rows(std::size_t features) {
  return std::clamp<std::size_t>(32'768 / (8 * std::max<std::size_t>(features, 1)), 8, 512);
}

/// What was met in some rows; most columns have nothing to tell and take no room.
struct BlockNotes {
  std::map<std::size_t, Counts> columns;  ///< by plan
  std::uint64_t outside_rows = 0;

  void join(BlockNotes&& other) {
    for (auto& [plan, counts] : other.columns) columns[plan].join(std::move(counts));
    outside_rows += other.outside_rows;
  }
};

/// Counts infinite cells and marks the rows of those outside the range seen at fit. Nearly always there are
/// none, and one quick look says so.
void count_numbers(const Plan& plan, std::span<const double> cells, std::vector<std::uint8_t>& outside,
                   Counts& counts) {
  std::size_t found = 0;
  for (const double value : cells)
    found += static_cast<std::size_t>((value < plan.low) | (value > plan.high));
  if (found == 0) return;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (std::isinf(cells[i]))
      ++counts.infinite;
    else if (cells[i] < plan.low || cells[i] > plan.high)
      outside[i] = 1;
  }
}

/// A table bound to the plans of an encoder. Thread-safe.
class TableSource {
 public:
  TableSource(const Encoder::Data& data, const Table& table, const SideCodes* side)
      : data_(data), side_(side) {
    sources_.reserve(data.plans.size());
    for (const Plan& plan : data.plans) {
      const std::optional<std::size_t> at = table.find(plan.column.name);
      present_.push_back(at.has_value());
      sources_.emplace_back(plan, at ? &table.column(*at) : nullptr);
    }
  }

  /// All features but those of text: row begin + i goes to out[i * stride], plan p at its dense_first.
  void encode(std::size_t begin, std::size_t end, double* out, std::size_t stride, BlockNotes* notes) const {
    CellScratch scratch;
    std::vector<std::uint8_t> outside;
    std::vector<Counts> counts(notes != nullptr ? data_.plans.size() : 0);
    const std::size_t step = tile_rows(data_.dense_features);
    for (std::size_t at = begin; at < end; at += step) {
      const std::size_t n = std::min(step, end - at);
      if (notes != nullptr) outside.assign(n, 0);
      for (std::size_t p = 0; p < data_.plans.size(); ++p) {
        const Plan& plan = data_.plans[p];
        if (plan.way == Way::text) continue;
        const Cells cells = sources_[p].read(at, n, scratch, notes != nullptr ? &counts[p] : nullptr);
        double* to = out + (at - begin) * stride + plan.dense_first;
        if (side_ != nullptr && plan.way == Way::targets) {
          code_targets(plan, cells.codes, std::span(side_->fold).subspan(at, n), side_->tables[p],
                       data_.keep_missing(), data_.scale_of(plan), to, stride);
        } else {
          code_cells(plan, cells, data_.keep_missing(), data_.scale_of(plan), to, stride);
        }
        if (notes != nullptr && plan.way == Way::number) {
          count_numbers(plan, cells.numbers, outside, counts[p]);
        }
      }
      for (const std::uint8_t flag : outside) notes->outside_rows += flag;
    }
    for (std::size_t p = 0; p < counts.size(); ++p) {
      if (!counts[p].empty()) notes->columns[p] = std::move(counts[p]);
    }
  }

  std::optional<std::string_view> text(std::size_t plan, std::size_t row, std::string& scratch) const {
    return sources_[plan].text(row, scratch);
  }
  bool present(std::size_t plan) const { return present_[plan]; }

 private:
  const Encoder::Data& data_;
  const SideCodes* side_;
  std::vector<ColumnSource> sources_;
  std::vector<bool> present_;
};

void say_notes(const Encoder::Data& data, const TableSource& source, const BlockNotes& met,
               EncodeNotes& notes) {
  static const Counts nothing;
  for (std::size_t p = 0; p < data.plans.size(); ++p) {
    const auto found = met.columns.find(p);
    const Counts& counts = found != met.columns.end() ? found->second : nothing;
    const std::string name = printable(data.plans[p].column.name);
    const auto cells = [](std::uint64_t count) {
      return fmt::format("{} {}", count, count == 1 ? "cell" : "cells");
    };
    if (!source.present(p)) {
      notes.missing_columns.push_back(data.plans[p].column.name);
      notes.sentences.push_back(
          fmt::format("column \"{}\" is not there: taken as missing in every row", name));
    }
    if (counts.unseen > 0) {
      notes.unseen_levels += counts.unseen;
      notes.sentences.push_back(
          fmt::format("column \"{}\": {} with a level not seen at fit, for example \"{}\": taken "
                      "as missing",
                      name, cells(counts.unseen), printable(counts.example_unseen)));
    }
    if (counts.unreadable > 0) {
      notes.unreadable_cells += counts.unreadable;
      notes.sentences.push_back(
          fmt::format("column \"{}\": {} cannot be read as {}, for example \"{}\": taken as "
                      "missing",
                      name, cells(counts.unreadable), to_string(data.plans[p].column.kind),
                      printable(counts.example_unreadable)));
    }
    if (counts.infinite > 0) {
      notes.unreadable_cells += counts.infinite;
      notes.sentences.push_back(
          fmt::format("column \"{}\": {} infinite: taken as missing", name, cells(counts.infinite)));
    }
  }
  notes.outside_range += met.outside_rows;
  if (met.outside_rows > 0) {
    notes.sentences.push_back(fmt::format("{} {} a number outside the range seen at fit", met.outside_rows,
                                          met.outside_rows == 1 ? "row has" : "rows have"));
  }
}

/// Row first + i of the table goes to out[i * features].
void encode_dense(const Encoder::Data& data, const TableSource& source, std::size_t first, std::size_t rows,
                  const Context& context, std::vector<BlockNotes>& notes, double* out) {
  const std::size_t features = data.info.size();
  parallel_for(context, rows, kBlockRows, [&](std::size_t begin, std::size_t end) {
    source.encode(first + begin, first + end, out + begin * features, features,
                  notes.empty() ? nullptr : &notes[begin / kBlockRows]);
  });
}

std::size_t dense_size(const Encoder::Data& data, std::size_t rows) {
  const std::size_t features = data.info.size();
  if (features > 0 && rows > SIZE_MAX / features) throw_too_large();
  return rows * features;
}

struct SparseBlock {
  std::vector<std::uint64_t> row_sizes;
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
};

SparseBlock encode_sparse_block(const Encoder::Data& data, const TableSource& source, std::size_t begin,
                                std::size_t end, BlockNotes* notes) {
  SparseBlock block;
  std::vector<double> dense((end - begin) * data.dense_features);
  source.encode(begin, end, dense.data(), data.dense_features, notes);
  WordHasher hasher;
  TextRow text(static_cast<std::size_t>(data.settings.text_features));
  std::string scratch;
  const auto put = [&](std::size_t feature, float value) {
    block.columns.push_back(static_cast<std::uint32_t>(feature));
    block.values.push_back(value);
  };
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t before = block.values.size();
    for (std::size_t p = 0; p < data.plans.size(); ++p) {
      const Plan& plan = data.plans[p];
      if (plan.way == Way::text) {
        const auto cell = source.text(p, row, scratch);
        if (!cell) continue;
        text.read(hasher, *cell, plan.idf,
                  [&](std::size_t bucket, float weight) { put(plan.first + bucket, weight); });
        continue;
      }
      const double* values = dense.data() + (row - begin) * data.dense_features + plan.dense_first;
      for (std::size_t f = 0; f < plan.features; ++f) {
        const auto value = static_cast<float>(values[f]);
        if (value != 0) put(plan.first + f, value);
      }
    }
    block.row_sizes.push_back(block.values.size() - before);
  }
  return block;
}

Features encode_sparse(const Encoder::Data& data, const TableSource& source, std::size_t first,
                       std::size_t rows, const Context& context, std::vector<BlockNotes>& notes) {
  const std::size_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  std::vector<SparseBlock> parts(blocks);
  parallel_for(context, rows, kBlockRows, [&](std::size_t begin, std::size_t end) {
    const std::size_t b = begin / kBlockRows;
    parts[b] =
        encode_sparse_block(data, source, first + begin, first + end, notes.empty() ? nullptr : &notes[b]);
  });
  std::vector<std::size_t> starts(blocks + 1, 0);
  for (std::size_t b = 0; b < blocks; ++b) starts[b + 1] = starts[b] + parts[b].values.size();
  Buffer<std::uint64_t> row_starts(rows + 1);
  auto columns = Buffer<std::uint32_t>::uninitialized(starts[blocks]);
  auto values = Buffer<float>::uninitialized(starts[blocks]);
  parallel_for(context, blocks, 1, [&](std::size_t b, std::size_t) {
    std::uint64_t at = starts[b];
    std::copy(parts[b].columns.begin(), parts[b].columns.end(), columns.data() + at);
    std::copy(parts[b].values.begin(), parts[b].values.end(), values.data() + at);
    for (std::size_t i = 0; i < parts[b].row_sizes.size(); ++i) {
      at += parts[b].row_sizes[i];
      row_starts[b * kBlockRows + i + 1] = at;
    }
  });
  return Features::sparse(rows, data.info.size(), std::move(row_starts), std::move(columns),
                          std::move(values));
}

/// Weighted mean and sum of squares about it, per feature; parts are joined by the formula of Chan, Golub and
/// LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
struct Moments {
  std::vector<double> weight, mean, squares;
};

Moments moments_of(std::span<const double> tile, std::size_t features, std::span<const double> weights) {
  Moments m{std::vector<double>(features), std::vector<double>(features), std::vector<double>(features)};
  const std::size_t rows = features == 0 ? 0 : tile.size() / features;
  for (std::size_t i = 0; i < rows; ++i) {
    const double weight = weights.empty() ? 1.0 : weights[i];
    const double* row = tile.data() + i * features;
    if (weight <= 0) continue;
    for (std::size_t f = 0; f < features; ++f) {
      if (std::isnan(row[f])) continue;
      m.weight[f] += weight;
      const double apart = row[f] - m.mean[f];
      m.mean[f] += apart * (weight / m.weight[f]);
      m.squares[f] += weight * apart * (row[f] - m.mean[f]);
    }
  }
  return m;
}

void join_moments(Moments& into, Moments&& part) {
  for (std::size_t f = 0; f < into.weight.size(); ++f) {
    const double total = into.weight[f] + part.weight[f];
    if (total <= 0) continue;
    const double apart = part.mean[f] - into.mean[f];
    into.mean[f] += apart * (part.weight[f] / total);
    into.squares[f] += part.squares[f] + apart * apart * into.weight[f] * (part.weight[f] / total);
    into.weight[f] = total;
  }
}

/// Features of rows [begin, end); what was met is joined to `met` unless it is null. Dense ones lie in
/// `room`, if that is given, and are good until it is used again.
Features encode_rows(const Encoder::Data& data, const TableSource& source, std::size_t begin, std::size_t end,
                     const Context& context, BlockNotes* met, Buffer<double>* room = nullptr) {
  const BudgetScope budget(context.memory());
  const std::size_t rows = end - begin;
  std::vector<BlockNotes> blocks(met != nullptr ? (rows + kBlockRows - 1) / kBlockRows : 0);
  Features features;
  if (data.sparse) {
    features = encode_sparse(data, source, begin, rows, context, blocks);
  } else {
    const std::size_t size = dense_size(data, rows);
    Buffer<double> own;
    Buffer<double>& values = room != nullptr ? *room : own;
    if (values.size() < size) values = Buffer<double>::uninitialized(size);
    encode_dense(data, source, begin, rows, context, blocks, values.data());
    features = room != nullptr ? Features::view(values.data(), rows, data.info.size())
                               : Features::dense(std::move(own), rows, data.info.size());
  }
  for (BlockNotes& block : blocks) met->join(std::move(block));
  return features;
}

}  // namespace

Features encode_table(const Encoder::Data& data, const Table& table, const SideCodes* side,
                      const Context& context, EncodeNotes* notes) {
  const TableSource source(data, table, side);
  BlockNotes met;
  Features features = encode_rows(data, source, 0, table.rows(), context, notes != nullptr ? &met : nullptr);
  if (notes != nullptr) say_notes(data, source, met, *notes);
  return features;
}

void learn_scale(Encoder::Data& data, const Table& table, const SideCodes* side,
                 std::span<const double> weights, const Context& context) {
  const std::size_t features = data.dense_features;
  const TableSource source(data, table, side);
  // A part holds three figures per feature, so there are not too many of them.
  const Moments all = parallel_reduce<Moments>(
      context, table.rows(), std::max(kBlockRows, table.rows() / 128 + 1),
      [&](std::size_t begin, std::size_t end) {
        // In steps, so that a table of very many columns needs no second copy of itself.
        Moments sum{std::vector<double>(features), std::vector<double>(features),
                    std::vector<double>(features)};
        const std::size_t step = tile_rows(features);
        std::vector<double> tile(step * features);
        for (std::size_t at = begin; at < end; at += step) {
          const std::size_t n = std::min(step, end - at);
          source.encode(at, at + n, tile.data(), features, nullptr);
          join_moments(sum, moments_of(std::span(tile).first(n * features), features,
                                       weights.empty() ? weights : weights.subspan(at, n)));
        }
        return sum;
      },
      join_moments);
  std::vector<double> mean(data.info.size(), 0.0), scale(data.info.size(), 1.0);
  for (const Plan& plan : data.plans) {
    if (plan.way == Way::text) continue;
    for (std::size_t f = 0; f < plan.features; ++f) {
      const std::size_t at = plan.dense_first + f;
      if (!data.scaled(data.info[plan.first + f]) || !(all.weight[at] > 0)) continue;
      mean[plan.first + f] = all.mean[at];
      const double deviation = std::sqrt(all.squares[at] / all.weight[at]);
      // Rounding leaves a constant a spread of some last bits of its mean, which must not be blown up to 1.
      const bool varies = deviation > 1e-14 * std::abs(all.mean[at]) && std::isfinite(deviation);
      if (varies) scale[plan.first + f] = deviation;
    }
  }
  data.set_scale(std::move(mean), std::move(scale));
}

}  // namespace encode_detail

struct TableEncoder::State {
  State(Encoder from, Table read)
      : encoder(std::move(from)), table(std::move(read)), source(encoder.data(), table, nullptr) {}
  const Encoder encoder;
  const Table table;
  const encode_detail::TableSource source;
  encode_detail::BlockNotes met;
  Buffer<double> room;
};

TableEncoder::TableEncoder(Encoder encoder, Table table)
    : state_(std::make_unique<State>(std::move(encoder), std::move(table))) {}
TableEncoder::~TableEncoder() = default;
TableEncoder::TableEncoder(TableEncoder&&) noexcept = default;

Features TableEncoder::rows(std::size_t begin, std::size_t end, const Context& context) {
  return encode_detail::encode_rows(state_->encoder.data(), state_->source, begin, end, context,
                                    &state_->met);
}

void TableEncoder::add_notes(EncodeNotes& notes) const {
  encode_detail::say_notes(state_->encoder.data(), state_->source, state_->met, notes);
}

}  // namespace everyml
