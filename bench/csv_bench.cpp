// Reads a CSV file into a table, once: csv_bench FILE [THREADS]. Prints wall seconds, processor seconds and
// the peak of resident memory. With "stream" in place of THREADS it reads pieces of 8,192 rows under the
// schema of the first 10,000.

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/csv.h"

namespace {

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t read_stream(const char* path, const everyml::Context& context) {
  const auto schema = everyml::read_table(path, {.max_rows = 10000}, context).table.schema();
  const auto stream = everyml::TableStream::open(path, schema, {}, context);
  std::size_t rows = 0;
  while (const auto part = stream->next(8192)) rows += part->rows();
  return rows;
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "csv_bench FILE [THREADS|stream]\n");
    return 2;
  }
  const bool stream = count > 2 && std::string_view(words[2]) == "stream";
  const int threads = count > 2 && !stream ? std::atoi(words[2]) : stream ? 1 : 0;
  try {
    const everyml::Context context({.threads = threads});
    const auto begin = std::chrono::steady_clock::now();
    std::size_t rows = 0;
    if (stream) {
      rows = read_stream(words[1], context);
    } else {
      rows = everyml::read_csv(words[1], {}, context).table.rows();
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("everyml  threads %d  %7.3f s  %7.3f s of processor  %8.0f MiB  %zu rows\n",
                context.threads(), seconds, processor_seconds(), static_cast<double>(usage.ru_maxrss) / 1024,
                rows);
  } catch (const everyml::Error& error) {
    std::fprintf(stderr, "%s: %s\n", std::string(error.code()).c_str(), error.what());
    return 1;
  }
  return 0;
}
