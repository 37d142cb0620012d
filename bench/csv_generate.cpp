// Writes the tables of bench/csv.md: csv_generate numeric|mixed BYTES PATH
//
// numeric: 20 columns of numbers as exports have them: counts, prices with two decimals, measures with four
// to six, negative values, a few empty cells. mixed: an identifier, a day, a moment, two categories (12 and
// 5,000 levels), a flag, free text with commas and quotes, a code with zeros in front, and eight numbers.

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "everyml/foundation/base/random.h"
#include "everyml/foundation/data/column.h"

namespace {

using everyml::Stream;

constexpr std::array<std::string_view, 16> kWords = {"river", "stone",  "amber",  "the",    "of",    "and",
                                                     "quiet", "market", "train",  "window", "seven", "green",
                                                     "late",  "road",   "copper", "night"};

void put_whole(std::string& out, std::uint64_t value) { out += std::to_string(value); }

void put_fixed(std::string& out, Stream& random, std::uint64_t bound, int decimals) {
  char text[40];
  std::uint64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  const std::uint64_t value = random.below(bound * scale);
  std::snprintf(text, sizeof(text), "%llu.%0*llu", static_cast<unsigned long long>(value / scale), decimals,
                static_cast<unsigned long long>(value % scale));
  out += text;
}

void numeric_row(std::string& out, Stream& random, std::uint64_t row) {
  put_whole(out, row);
  for (int column = 1; column < 20; ++column) {
    out += ',';
    if (column % 5 == 4 && random.below(50) == 0) continue;
    if (column % 4 == 3 && random.below(2) == 0) out += '-';
    switch (column % 5) {
      case 0:
        put_whole(out, random.below(100));
        break;
      case 1:
        put_fixed(out, random, 1000, 2);
        break;
      case 2:
        put_fixed(out, random, 10, 4);
        break;
      case 3:
        put_fixed(out, random, 1, 6);
        break;
      default:
        put_whole(out, random.below(1000000));
    }
  }
  out += '\n';
}

void mixed_row(std::string& out, Stream& random, std::uint64_t row) {
  char text[32];
  put_whole(out, row);
  const auto day = static_cast<std::int64_t>(random.below(7300)) * 86400000000LL + 946684800000000LL;
  out += ',' + everyml::format_date(day, false);
  const auto second = static_cast<std::int64_t>(random.below(86400)) * 1000000LL;
  out += ',' + everyml::format_date(day + second, true);
  out += ",group ";
  put_whole(out, 1 + random.below(12));
  std::snprintf(text, sizeof(text), ",item_%04d", static_cast<int>(random.below(5000)));
  out += text;
  out += random.below(3) == 0 ? ",true," : ",false,";
  const bool quoted = random.below(4) == 0;
  if (quoted) out += '"';
  const std::uint64_t words = 3 + random.below(9);
  for (std::uint64_t i = 0; i < words; ++i) {
    if (i > 0) out += quoted && random.below(5) == 0 ? ", " : " ";
    const std::string_view word = kWords[random.below(kWords.size())];
    if (quoted && random.below(30) == 0) {
      out += "\"\"";
      out += word;
      out += "\"\"";
    } else {
      out += word;
    }
  }
  if (quoted) out += '"';
  std::snprintf(text, sizeof(text), ",%08d", static_cast<int>(random.below(10000000)));
  out += text;
  for (int column = 0; column < 8; ++column) {
    out += ',';
    if (column == 5 && random.below(10) == 0) continue;
    put_fixed(out, random, column % 2 == 0 ? 1000 : 10, 2 + column % 3);
  }
  out += '\n';
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) {
    std::fprintf(stderr, "csv_generate numeric|mixed BYTES PATH\n");
    return 2;
  }
  const bool numeric = std::string_view(words[1]) == "numeric";
  const std::uint64_t bytes = std::strtoull(words[2], nullptr, 10);
  std::FILE* file = std::fopen(words[3], "wb");
  if (file == nullptr) {
    std::perror(words[3]);
    return 1;
  }
  std::string out;
  if (numeric) {
    for (int column = 0; column < 20; ++column) out += (column > 0 ? ",x" : "x") + std::to_string(column);
    out += '\n';
  } else {
    out = "id,day,moment,group,item,flag,note,code,a,b,c,d,e,f,g,h\n";
  }
  Stream random(1, words[1]);
  std::uint64_t written = 0;
  for (std::uint64_t row = 0; written + out.size() < bytes; ++row) {
    numeric ? numeric_row(out, random, row) : mixed_row(out, random, row);
    if (out.size() >= (1U << 20)) {
      written += std::fwrite(out.data(), 1, out.size(), file);
      out.clear();
    }
  }
  written += std::fwrite(out.data(), 1, out.size(), file);
  const bool failed = std::fclose(file) != 0;
  std::fprintf(stderr, "%s: %llu bytes\n", words[3], static_cast<unsigned long long>(written));
  return failed ? 1 : 0;
}
