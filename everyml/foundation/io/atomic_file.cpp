#include "everyml/foundation/io/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/io/atomic_file_impl.h"
#include "everyml/foundation/io/file_stream.h"

namespace everyml {

namespace detail {

int FileCalls::open(const char* path, int flags, mode_t mode) { return ::open(path, flags, mode); }
ssize_t FileCalls::write(int file, const void* bytes, std::size_t count) {
  return ::write(file, bytes, count);
}
int FileCalls::sync(int file) { return ::fsync(file); }
int FileCalls::close(int file) { return ::close(file); }
int FileCalls::mode(int file, mode_t mode) { return ::fchmod(file, mode); }
int FileCalls::status(const char* path, struct stat* result) { return ::stat(path, result); }
int FileCalls::rename_new(const char* from, const char* to) {
  return ::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}
int FileCalls::link(const char* from, const char* to) { return ::link(from, to); }
int FileCalls::rename_over(const char* from, const char* to) { return ::rename(from, to); }
int FileCalls::remove(const char* path) { return ::unlink(path); }

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

[[noreturn]] void fail_exists(const std::string& path) {
  throw ResourceError(
      "io.exists",
      fmt::format("{} exists already and was left as it is: choose another name or allow overwriting", path));
}

[[noreturn]] void fail(const std::string& path, int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      throw ResourceError("io.disk_full",
                          fmt::format("{} cannot be written: no room is left ({})", path, reason(error)));
    case EACCES:
    case EPERM:
    case EROFS:
      throw ResourceError("io.permission", fmt::format("{} cannot be written: {}", path, reason(error)));
    case ENOENT:
    case ENOTDIR:
      throw ResourceError("io.no_folder",
                          fmt::format("{} cannot be written: its folder does not exist", path));
    default:
      throw ResourceError("io.write", fmt::format("{} cannot be written: {}", path, reason(error)));
  }
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Short and free of the target's name, which may already be as long as the file system allows.
std::string temporary_name(const std::string& folder) {
  static std::atomic<unsigned> counter{0};
  return fmt::format("{}/.everyml-{}-{}.tmp", folder, ::getpid(), counter.fetch_add(1));
}

/// A descriptor that is closed on all ways out.
class Descriptor {
 public:
  Descriptor(FileCalls& calls, int file) : calls_(calls), file_(file) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (file_ >= 0) calls_.close(file_);
  }
  int get() const { return file_; }
  int close() {
    const int file = file_;
    file_ = -1;
    return calls_.close(file);
  }

 private:
  FileCalls& calls_;
  int file_;
};

class Writer {
 public:
  Writer(FileCalls& calls, std::string path, const WriteOptions& options)
      : calls_(calls), path_(std::move(path)), options_(options) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    file_.reset();
    if (!temporary_.empty()) calls_.remove(temporary_.c_str());
  }

  const std::string& path() const { return path_; }
  /// Makes the temporary file, fills it, and sees it on the disk.
  void begin();
  void write(std::string_view bytes);
  void finish();
  /// Gives it its name.
  void commit();
  /// Takes back what `commit` did where that is possible: a file that was not there before.
  void undo() {
    if (!options_.overwrite) calls_.remove(path().c_str());
  }

 private:
  void look_at_target();

  FileCalls& calls_;
  const std::string path_;
  const WriteOptions options_;
  std::string temporary_;
  std::optional<Descriptor> file_;
  bool keep_mode_ = false;
  mode_t mode_ = 0;
};

void Writer::look_at_target() {
  struct stat status{};
  if (path().empty() || path().back() == '/') {
    throw ResourceError("io.write", fmt::format("\"{}\" is not the name of a file", path()));
  }
  if (calls_.status(path().c_str(), &status) != 0) {
    if (errno != ENOENT) fail(path(), errno);
    return;
  }
  if (!options_.overwrite) fail_exists(path());
  // A rename would put a plain file in the place of a folder, a pipe or a device.
  if (!S_ISREG(status.st_mode)) {
    throw ResourceError("io.write", fmt::format("{} cannot be written: it is not a plain file", path()));
  }
  keep_mode_ = true;
  mode_ = status.st_mode & 07777;
}

void Writer::write(std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t written = calls_.write(file_->get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path(), errno);
    if (written == 0) fail(path(), EIO);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

void Writer::begin() {
  look_at_target();
  std::string name;
  int opened = -1;
  // Another process with our number, in another container, may hold a name; the next one is free soon.
  for (int attempt = 0; attempt < 100; ++attempt) {
    name = temporary_name(folder_of(path()));
    opened = calls_.open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (opened >= 0 || errno != EEXIST) break;
  }
  if (opened < 0) fail(path(), errno);
  temporary_ = name;
  file_.emplace(calls_, opened);
}

void Writer::finish() {
  if (keep_mode_ && calls_.mode(file_->get(), mode_) != 0) fail(path(), errno);
  if (calls_.sync(file_->get()) != 0) fail(path(), errno);
  if (file_->close() != 0) fail(path(), errno);
}

void Writer::commit() {
  const char* from = temporary_.c_str();
  const char* to = path().c_str();
  if (options_.overwrite) {
    if (calls_.rename_over(from, to) != 0) fail(path(), errno);
    temporary_.clear();
    return;
  }
  if (calls_.rename_new(from, to) == 0) {
    temporary_.clear();
    return;
  }
  if (errno == EEXIST) fail_exists(path());
  if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) fail(path(), errno);
  if (calls_.link(from, to) == 0) return;  // the destructor removes the temporary name
  if (errno == EEXIST) fail_exists(path());
  fail(path(), errno);
}

/// The folders of the files, opened before anything is renamed: a folder that cannot be opened must not be
/// found out when the old file is gone already.
class Folders {
 public:
  Folders(FileCalls& calls, std::span<const std::string> paths) : calls_(calls) {
    for (const auto& path : paths) names_.push_back(folder_of(path));
    std::sort(names_.begin(), names_.end());
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
    for (const auto& name : names_) {
      const int opened = calls_.open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
      const int error = errno;
      if (opened < 0) {
        close_all();
        fail(name, error);
      }
      opened_.push_back(opened);
    }
  }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  ~Folders() { close_all(); }

  void sync() {
    for (std::size_t i = 0; i < opened_.size(); ++i) {
      // Some file systems cannot sync a folder and say so with EINVAL; there is nothing more to be had from
      // them.
      if (calls_.sync(opened_[i]) != 0 && errno != EINVAL && errno != ENOTSUP) {
        throw ResourceError("io.write",
                            fmt::format("files were written to {}, but the disk did not confirm them: {}",
                                        names_[i], reason(errno)));
      }
    }
  }

 private:
  void close_all() {
    for (const int file : opened_) calls_.close(file);
    opened_.clear();
  }

  FileCalls& calls_;
  std::vector<std::string> names_;
  std::vector<int> opened_;
};

}  // namespace

void write_files_atomically(FileCalls& calls, std::span<const FileContent> files,
                            const WriteOptions& options) {
  std::vector<std::unique_ptr<Writer>> writers;
  for (const auto& file : files) {
    writers.push_back(std::make_unique<Writer>(calls, file.path, options));
    writers.back()->begin();
    writers.back()->write(file.bytes);
    writers.back()->finish();
  }
  std::vector<std::string> paths;
  for (const auto& file : files) paths.push_back(file.path);
  Folders folders(calls, paths);
  for (std::size_t i = 0; i < writers.size(); ++i) {
    try {
      writers[i]->commit();
    } catch (...) {
      for (std::size_t k = 0; k < i; ++k) writers[k]->undo();
      throw;
    }
  }
  folders.sync();
}

}  // namespace detail

struct FileStream::State {
  State(const std::string& path, const WriteOptions& options) : writer(calls, path, options) {}
  detail::FileCalls calls;
  detail::Writer writer;
};

FileStream::FileStream(const std::string& path, const WriteOptions& options)
    : state_(std::make_unique<State>(path, options)) {
  state_->writer.begin();
}
FileStream::~FileStream() = default;
void FileStream::write(std::string_view bytes) { state_->writer.write(bytes); }
void FileStream::commit() {
  state_->writer.finish();
  const std::string path = state_->writer.path();
  detail::Folders folders(state_->calls, {&path, 1});
  state_->writer.commit();
  folders.sync();
}

void write_file_atomically(const std::string& path, std::string_view bytes, const WriteOptions& options) {
  const FileContent content{path, bytes};
  write_files_atomically({&content, 1}, options);
}

void write_files_atomically(std::span<const FileContent> files, const WriteOptions& options) {
  detail::FileCalls calls;
  detail::write_files_atomically(calls, files, options);
}

std::string read_file(const std::string& path, std::size_t limit) {
  detail::FileCalls calls;
  const int opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) {
    const int error = errno;
    throw ResourceError("io.open", fmt::format("{} cannot be opened: {}", path, detail::reason(error)));
  }
  const detail::Descriptor file(calls, opened);
  const auto too_large = [&] {
    throw ResourceError("io.too_large", fmt::format("{} is larger than the {} bytes allowed", path, limit));
  };
  struct stat status{};
  std::string bytes;
  // An open file always has a status.
  if (::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)) {  // GCOVR_EXCL_BR_LINE
    if (static_cast<std::uint64_t>(status.st_size) > limit) too_large();
    bytes.reserve(static_cast<std::size_t>(status.st_size) +
                  1);  // one more, so that the end is met without growing
  }
  // A pipe or a file under /proc has no size to trust, so the end is where read says it is.
  constexpr std::size_t step = std::size_t{1} << 20;
  for (std::size_t size = 0;;) {
    const std::size_t room = std::max(bytes.capacity() - size, std::min(step - 1, limit - size) + 1);
    bytes.resize(size + room);
    const ssize_t got = ::read(file.get(), bytes.data() + size, room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      if (error == EISDIR) throw ResourceError("io.open", path + " is a folder; a file is needed");
      throw ResourceError("io.read", fmt::format("{} cannot be read: {}", path, detail::reason(error)));
    }
    size += static_cast<std::size_t>(got);
    if (size > limit) too_large();
    if (got == 0) {
      bytes.resize(size);
      return bytes;
    }
  }
}

}  // namespace everyml
