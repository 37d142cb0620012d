#include "apps/cli/session.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "apps/cli/progress.h"
#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/text.h"

namespace everyml::cli {

namespace {

/// All bytes to a descriptor. Returns 0 or the error.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

struct Session::Work {
  explicit Work(const ContextOptions& options) : context(options), scope(context.memory()) {}
  Context context;
  BudgetScope scope;
};

Session::Session(const Globals& globals, std::vector<std::string> arguments)
    : globals_(globals), arguments_(std::move(arguments)) {}
Session::~Session() { clear(); }

std::string Session::command() const {
  std::string line = "everyml";
  for (const std::string& word : arguments_) line += " " + shell_word(word);
  return line;
}

const Context& Session::context() {
  if (!work_) {
    ContextOptions options;
    options.threads = globals_.threads;
    options.seed = globals_.seed;
    options.cancel = &interrupts();
    if (!globals_.max_memory.empty()) options.memory_bytes = parse_bytes(globals_.max_memory);
    if (err_.interactive() && !globals_.quiet && !globals_.json) {
      progress_ = std::make_unique<ProgressBar>(err_);
      options.observer = progress_.get();
    }
    work_ = std::make_unique<Work>(options);
  }
  return work_->context;
}

void Session::clear() {
  if (progress_) progress_->clear();
}

void Session::say(std::string_view text) {
  if (!quiet()) warn(text);
}

void Session::warn(std::string_view text) {
  clear();
  // There is nobody left to tell when stderr is closed.
  (void)write_all(2, std::string(text) + '\n');
}

void Session::data(std::string_view bytes) {
  clear();
  const int error = write_all(1, bytes);
  if (error == 0) return;
  // The reader has seen enough, as `head` does: by custom the end of SIGPIPE, 128 + 13.
  if (error == EPIPE) _exit(141);
  throw ResourceError(error == ENOSPC || error == EFBIG ? "io.disk_full" : "io.write",
                      fmt::format("The output cannot be written: {}.", std::strerror(error)));
}

void Session::document(const Json& json) { data(write_json(json, 2) + '\n'); }

std::size_t parse_bytes(std::string_view text) {
  std::string_view number = trim(text);
  std::string unit;
  while (!number.empty() && ((number.back() >= 'a' && number.back() <= 'z') ||
                             (number.back() >= 'A' && number.back() <= 'Z') || number.back() == ' ')) {
    unit.insert(unit.begin(), number.back());
    number.remove_suffix(1);
  }
  unit = to_lower_ascii(trim(unit));
  double factor = 0;
  if (unit.empty() || unit == "b") factor = 1;
  constexpr std::string_view kLetters = "kmgt";
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    const std::string letter(1, kLetters[i]);
    if (unit == letter || unit == letter + "b" || unit == letter + "ib") {
      factor = std::pow(1024.0, static_cast<double>(i + 1));
    }
  }
  const std::optional<double> value = parse_number(number);
  if (factor == 0 || !value || !(*value > 0) || *value * factor > 9e18) {
    throw ParameterError(
        "usage.value",
        fmt::format("--max-memory takes a size such as 500MB or 2GB, got \"{}\".", printable(text)));
  }
  return static_cast<std::size_t>(*value * factor);
}

std::string bytes_for_people(double bytes) {
  const char* units[] = {"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit < 4) bytes /= 1000, ++unit;
  return fmt::format("{} {}", format_short(bytes, 3), units[unit]);
}

std::string seconds_for_people(double seconds) {
  if (seconds < 9.95) return fmt::format("{:.2g} s", std::max(seconds, 0.0));
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (seconds < 7200) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

namespace {

bool same_file(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty() || a == "-" || b == "-") return false;
  struct stat one{}, other{};
  if (::stat(a.c_str(), &one) != 0 || ::stat(b.c_str(), &other) != 0) return a == b;
  return S_ISREG(one.st_mode) && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

void require_distinct(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    for (const std::string& input : inputs) {
      if (!same_file(outputs[i], input)) continue;
      throw ParameterError(
          "usage.same_file",
          fmt::format("{} would be replaced by what is made from it; give the output another name",
                      printable(input, 200)));
    }
    for (std::size_t j = i + 1; j < outputs.size(); ++j) {
      if (!same_file(outputs[i], outputs[j])) continue;
      throw ParameterError("usage.same_file",
                           fmt::format("{} is named for two outputs; give each a name of its own",
                                       printable(outputs[i], 200)));
    }
  }
}

void require_writable(const std::string& path, bool overwrite) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!overwrite) {
      throw ResourceError("io.exists",
                          fmt::format("{} exists already; --force replaces it", printable(path, 200)));
    }
    return;
  }
  if (errno == ENOTDIR || errno == ENOENT) {
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      throw ResourceError("io.no_folder", fmt::format("{} cannot be written: {} is not a folder",
                                                      printable(path, 200), printable(folder, 200)));
    }
    if (::access(folder.c_str(), W_OK) != 0) {
      throw ResourceError("io.permission", fmt::format("{} cannot be written: the folder does not permit it",
                                                       printable(path, 200)));
    }
  }
}

}  // namespace everyml::cli
