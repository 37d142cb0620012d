// Writes what a peer needs to be run on exactly our numbers: per case, fold and algorithm the encoded
// matrices as raw little-endian float64. Used by bench/peers/parity_goldens.py, never by the tests.
//   parity_export ROOT FOLDER
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "everyml/workflow/catalog/catalog.h"
#include "tests/parity/parity_impl.h"

namespace {

using namespace everyml;

void write(const std::string& path, const void* bytes, std::size_t size) {
  std::ofstream(path, std::ios::binary)
      .write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
}

void write_side(const std::string& prefix, const Dataset& data) {
  std::vector<double> scratch;
  const double* x = data.features.tile64(0, data.rows(), scratch);
  write(prefix + ".x", x, data.rows() * data.columns() * sizeof(double));
  std::vector<double> y(data.target.values().begin(), data.target.values().end());
  if (data.target.kind() == Target::Kind::classes)
    y.assign(data.target.codes().begin(), data.target.codes().end());
  write(prefix + ".y", y.data(), y.size() * sizeof(double));
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return std::fprintf(stderr, "parity_export ROOT FOLDER\n"), 2;
  const std::string root = words[1], folder = words[2];
  std::filesystem::create_directories(folder);
  std::ofstream index(folder + "/index.csv");
  index << "case,algorithm,fold,columns,prefix\n";
  for (const parity::Case& one : parity::cases()) {
    const parity::Prepared prepared = parity::prepare(one, root);
    for (const auto& [algorithm, settings] : parity::algorithms(one)) {
      for (std::size_t fold = 0; fold < prepared.folds.size(); ++fold) {
        const parity::Encoded encoded =
            parity::encode(prepared, prepared.folds[fold], catalog().find(algorithm));
        const std::string prefix = one.name + "-" + algorithm + "-" + std::to_string(fold);
        write_side(folder + "/" + prefix + "-train", encoded.train);
        write_side(folder + "/" + prefix + "-test", encoded.test);
        index << one.name << ',' << algorithm << ',' << fold << ',' << encoded.train.columns() << ','
              << prefix << '\n';
      }
    }
  }
}
