#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/text/terminal.h"
#include "everyml/foundation/base/context.h"
#include "everyml/foundation/base/json.h"

namespace everyml::cli {

using namespace shown;

/// Exit codes, documented in docs/cli.md.
enum Exit : int {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kData = 3,
  kFormat = 4,
  kResource = 5,
  kInterrupted = 130,
};

/// Flags that every verb takes.
struct Globals {
  bool quiet = false;
  bool json = false;
  std::size_t seed = ContextOptions{}.seed;
  int threads = ContextOptions{}.threads;
  std::string max_memory;  ///< "2GB", "500M", bytes; empty: no limit
};

class ProgressBar;

/// One run of a verb: where its words and its data go, and the context of its work.
class Session {
 public:
  /// `arguments`: the words of the command line after the program's name.
  explicit Session(const Globals& globals, std::vector<std::string> arguments = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool json() const { return globals_.json; }
  bool quiet() const { return globals_.quiet; }
  /// The command as it would be typed again: "everyml learn 'my file.csv' --target y".
  std::string command() const;
  const Terminal& out() const { return out_; }
  const Terminal& err() const { return err_; }
  /// Made at the first call; its budget is the current one of this thread from then on. Throws
  /// ParameterError.
  const Context& context();

  /// Text for people, on stderr; nothing when quiet. Ends the progress bar. A line feed is added.
  void say(std::string_view text);
  /// One sentence on stderr, even when quiet.
  void warn(std::string_view text);
  /// Data, or the text that was asked for, on stdout, as it is.
  /// Throws ResourceError "io.write" when stdout takes no more; a closed pipe ends the program quietly.
  void data(std::string_view bytes);
  /// One JSON document on stdout.
  void document(const Json& json);
  /// Removes the progress bar from the screen.
  void clear();

 private:
  Globals globals_;
  std::vector<std::string> arguments_;
  Terminal out_{1};
  Terminal err_{2};
  std::unique_ptr<ProgressBar> progress_;
  struct Work;
  std::unique_ptr<Work> work_;
};

/// Ctrl-C and termination set a flag that every piece of work looks at; a second one ends the program at
/// once.
void catch_interrupts();
/// Whether one came.
bool interrupted();
const CancelToken& interrupts();

/// "2GB", "512M", "1.5 GiB", "1000000" (bytes; K, M, G and T are powers of 1024).
/// Throws ParameterError "usage.value".
std::size_t parse_bytes(std::string_view text);
/// "1.2 MB".
std::string bytes_for_people(double bytes);
/// "0.31 s", "2 min 5 s".
std::string seconds_for_people(double seconds);

/// Throws ResourceError "io.exists" or "io.no_folder" before long work whose result could not be written.
void require_writable(const std::string& path, bool overwrite);
/// Throws ParameterError "usage.same_file" when an output is one of the inputs, which it would replace, or
/// another output. Empty paths and "-" are passed over.
void require_distinct(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs);

}  // namespace everyml::cli
