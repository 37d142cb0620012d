// Writes the made-up sets on which everyml and its peers are timed, so that all read the same bytes.
//
//   generate_data NAME ROWS FOLDER [--columns N] [--seed S] [--as FILE] [--csv]
//
// NAME: synhiggs, synairline, synltr, wide, sparse, synmnist. Leaves in FOLDER, little-endian:
//   FILE.json      what is there: rows, columns, their kinds, classes, files
//   FILE.f32       float32 [rows, columns]; categories as codes
//   FILE.y.f32     float32 [rows]
//   FILE.hot.u32   sparse alone: uint32 [rows, fields], the columns that are 1 in a matrix of
//   `one_hot_columns` FILE.query.u32 synltr alone: rows of each query FILE.csv       with --csv: categories
//   as words, the label last
// FILE is NAME_ROWS unless --as says otherwise; the seed is 1, test sets use 2.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/data/synthetic.h"

namespace {

using everyml::bench::kBlockRows;
using everyml::bench::Population;

struct Wish {
  std::string name, folder, file;
  std::size_t rows = 0, columns = 2000;
  std::uint64_t seed = 1;
  bool csv = false;
};

class File {
 public:
  explicit File(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "wb")) {
    if (file_ == nullptr) throw std::runtime_error(path + " cannot be written");
  }
  ~File() { std::fclose(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  void put(const void* bytes, std::size_t size) {
    if (std::fwrite(bytes, 1, size, file_) != size) throw std::runtime_error(path_ + " cannot be written");
  }

 private:
  std::string path_;
  std::FILE* file_;
};

void put_csv(File& out, const Population& from, const float* x, const float* y, std::size_t rows) {
  const auto columns = from.columns();
  std::string text;
  char number[40];
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t j = 0; j < columns.size(); ++j) {
      const float value = x[r * columns.size() + j];
      if (columns[j].levels > 0) {
        text += columns[j].name + "_" + std::to_string(static_cast<int>(value)) + ",";
      } else {
        std::snprintf(number, sizeof(number), "%.9g,", static_cast<double>(value));
        text += number;
      }
    }
    std::snprintf(number, sizeof(number), from.classes() > 0 ? "c%.0f\n" : "%.9g\n",
                  static_cast<double>(y[r]));
    text += number;
  }
  out.put(text.data(), text.size());
}

void put_header(const Wish& wish, const Population& from, std::size_t one_hot_columns) {
  using nlohmann::ordered_json;
  ordered_json columns = ordered_json::array();
  for (const Population::Column& column : from.columns()) {
    columns.push_back(column.levels > 0 ? ordered_json{{"name", column.name}, {"levels", column.levels}}
                                        : ordered_json{{"name", column.name}});
  }
  ordered_json header = {{"name", wish.name},         {"seed", wish.seed},
                         {"rows", wish.rows},         {"columns", from.columns().size()},
                         {"classes", from.classes()}, {"x", wish.file + ".f32"},
                         {"y", wish.file + ".y.f32"}};
  if (from.one_hot()) {
    header["one_hot"] = wish.file + ".hot.u32";
    header["one_hot_columns"] = one_hot_columns;
  }
  if (from.queries()) header["query_sizes"] = wish.file + ".query.u32";
  header["features"] = columns;
  const std::string text = header.dump(1) + "\n";
  File(wish.folder + "/" + wish.file + ".json").put(text.data(), text.size());
}

void generate(const Wish& wish) {
  const auto from = everyml::bench::population(wish.name, wish.columns);
  const auto columns = from->columns();
  const std::string stem = wish.folder + "/" + wish.file;
  File x_file(stem + ".f32"), y_file(stem + ".y.f32");
  std::unique_ptr<File> csv_file, hot_file;
  if (wish.csv) {
    csv_file = std::make_unique<File>(stem + ".csv");
    std::string head;
    for (const auto& column : columns) head += column.name + ",";
    head += "target\n";
    csv_file->put(head.data(), head.size());
  }
  std::vector<std::uint32_t> offset(columns.size() + 1);
  for (std::size_t j = 0; j < columns.size(); ++j) {
    offset[j + 1] = offset[j] + static_cast<std::uint32_t>(columns[j].levels);
  }
  if (from->one_hot()) hot_file = std::make_unique<File>(stem + ".hot.u32");

  const std::size_t piece = 16 * kBlockRows;
  std::vector<float> x(piece * columns.size()), y(piece);
  std::vector<std::uint32_t> hot;
  for (std::size_t begin = 0; begin < wish.rows; begin += piece) {
    const std::size_t rows = std::min(piece, wish.rows - begin);
    everyml::bench::draw_rows(*from, wish.name, wish.seed, begin, rows, x.data(), y.data());
    x_file.put(x.data(), rows * columns.size() * sizeof(float));
    y_file.put(y.data(), rows * sizeof(float));
    if (hot_file) {
      hot.resize(rows * columns.size());
      for (std::size_t i = 0; i < hot.size(); ++i) {
        hot[i] = offset[i % columns.size()] + static_cast<std::uint32_t>(x[i]);
      }
      hot_file->put(hot.data(), hot.size() * sizeof(std::uint32_t));
    }
    if (csv_file) put_csv(*csv_file, *from, x.data(), y.data(), rows);
  }
  if (from->queries()) {
    const auto sizes = everyml::bench::query_sizes(wish.seed, wish.rows);
    File(stem + ".query.u32").put(sizes.data(), sizes.size() * sizeof(std::uint32_t));
  }
  put_header(wish, *from, offset.back());
}

}  // namespace

int main(int count, char** words) {
  Wish wish;
  std::vector<std::string> plain;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--csv") {
      wish.csv = true;
    } else if (word.starts_with("--") && i + 1 < count) {
      const std::string value = words[++i];
      if (word == "--columns") wish.columns = std::strtoull(value.c_str(), nullptr, 10);
      if (word == "--seed") wish.seed = std::strtoull(value.c_str(), nullptr, 10);
      if (word == "--as") wish.file = value;
    } else {
      plain.push_back(word);
    }
  }
  if (plain.size() != 3 || std::strtoull(plain[1].c_str(), nullptr, 10) == 0 || wish.columns == 0) {
    std::fprintf(stderr, "generate_data NAME ROWS FOLDER [--columns N] [--seed S] [--as FILE] [--csv]\n");
    return 2;
  }
  wish.name = plain[0];
  wish.rows = std::strtoull(plain[1].c_str(), nullptr, 10);
  wish.folder = plain[2];
  if (wish.file.empty()) wish.file = wish.name + "_" + std::to_string(wish.rows);
  try {
    generate(wish);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "generate_data: %s\n", error.what());
    return 1;
  }
  return 0;
}
