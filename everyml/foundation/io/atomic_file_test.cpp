#include "everyml/foundation/io/atomic_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/random.h"
#include "everyml/foundation/io/atomic_file_impl.h"
#include "tests/support/error_code.h"

namespace everyml {
namespace {

namespace fs = std::filesystem;

class AtomicFile : public testing::Test {
 protected:
  AtomicFile() { fs::create_directories(folder_); }
  ~AtomicFile() override { fs::remove_all(folder_); }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  fs::path folder_ =
      fs::temp_directory_path() / ("everyml-atomic-" + std::to_string(::getpid()) + "-" +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(AtomicFile, WritesAndReads) {
  const std::string bytes = std::string("a\0b", 3) + std::string(3'000'000, 'x');
  write_file_atomically(at("f"), bytes);
  EXPECT_EQ(read_file(at("f")), bytes);
  write_file_atomically(at("empty"), "");
  EXPECT_EQ(read_file(at("empty")), "");
  EXPECT_EQ(entries(), 2u);
}

TEST_F(AtomicFile, NeverOverwritesUnasked) {
  write_file_atomically(at("f"), "old");
  EXPECT_EQ(code_of([&] { write_file_atomically(at("f"), "new"); }), "io.exists");
  EXPECT_EQ(read_file(at("f")), "old");
  write_file_atomically(at("f"), "new", {.overwrite = true});
  EXPECT_EQ(read_file(at("f")), "new");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFile, KeepsThePermissionsOfTheOldFile) {
  write_file_atomically(at("f"), "old");
  ASSERT_EQ(::chmod(at("f").c_str(), 0640), 0);
  write_file_atomically(at("f"), "new", {.overwrite = true});
  EXPECT_EQ(fs::status(at("f")).permissions(), fs::perms(0640));
}

TEST_F(AtomicFile, SaysWhatIsWrongWithThePath) {
  fs::create_directory(at("folder"));
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  write_file_atomically(at("f"), "x");
  const WriteOptions over{.overwrite = true};
  EXPECT_EQ(code_of([&] { write_file_atomically(at("none/f"), "x"); }), "io.no_folder");
  EXPECT_EQ(code_of([&] { write_file_atomically(at("f/g"), "x"); }), "io.no_folder");
  EXPECT_EQ(code_of([&] { write_file_atomically(at("folder"), "x", over); }), "io.write");
  EXPECT_EQ(code_of([&] { write_file_atomically(at("pipe"), "x", over); }), "io.write");
  EXPECT_EQ(code_of([&] { write_file_atomically("/dev/null", "x", over); }), "io.write");
  EXPECT_EQ(code_of([&] { write_file_atomically(at("folder/"), "x", over); }), "io.write");
  EXPECT_EQ(code_of([&] { write_file_atomically("", "x"); }), "io.write");
  EXPECT_EQ(code_of([&] { write_file_atomically(at(std::string(300, 'n')), "x"); }), "io.write");
  // Nobody may make files there, whoever runs the test.
  EXPECT_NE(code_of([&] { write_file_atomically("/proc/self/everyml", "x"); }), "none");
  EXPECT_EQ(entries(), 3u);
}

TEST_F(AtomicFile, ReadingSaysWhatIsWrong) {
  write_file_atomically(at("f"), "12345");
  EXPECT_EQ(code_of([&] { read_file(at("none")); }), "io.open");
  EXPECT_EQ(code_of([&] { read_file(folder_.string()); }), "io.open");
  // Nothing is mapped at the beginning of a process, so that place of its memory cannot be read.
  EXPECT_EQ(code_of([&] { read_file("/proc/self/mem"); }), "io.read");
  EXPECT_EQ(code_of([&] { read_file(at("f"), 4); }), "io.too_large");
  EXPECT_EQ(read_file(at("f"), 5), "12345");
  EXPECT_EQ(read_file(at("f"), SIZE_MAX), "12345");
  EXPECT_FALSE(read_file("/proc/self/status").empty());  // a file that says it has no size
  EXPECT_EQ(code_of([&] { read_file("/dev/zero", 3'000'000); }), "io.too_large");
}

TEST_F(AtomicFile, SeveralFilesComeTogether) {
  const std::vector<FileContent> files = {{at("a"), "1"}, {at("b"), "2"}};
  write_files_atomically(files);
  EXPECT_EQ(read_file(at("a")), "1");
  EXPECT_EQ(read_file(at("b")), "2");
  // One of them is there already: the other must not appear either.
  const std::vector<FileContent> more = {{at("c"), "3"}, {at("b"), "4"}};
  EXPECT_EQ(code_of([&] { write_files_atomically(more); }), "io.exists");
  EXPECT_FALSE(fs::exists(at("c")));
  EXPECT_EQ(entries(), 2u);
}

/// The real calls, of which the one at a number fails, or all from there on.
class FailingCalls : public detail::FileCalls {
 public:
  FailingCalls(int first, bool once, int error) : first_(first), once_(once), error_(error) {}
  int calls() const { return count_; }

  int open(const char* path, int flags, mode_t mode) override {
    return fails() ? -1 : FileCalls::open(path, flags, mode);
  }
  ssize_t write(int file, const void* bytes, std::size_t count) override {
    if (fails()) return -1;
    return FileCalls::write(file, bytes, std::min<std::size_t>(count, 10));  // short writes are legal
  }
  int sync(int file) override { return fails() ? -1 : FileCalls::sync(file); }
  int close(int file) override {
    const int result = FileCalls::close(file);  // as with the system: the descriptor is gone either way
    return fails() ? -1 : result;
  }
  int mode(int file, mode_t mode) override { return fails() ? -1 : FileCalls::mode(file, mode); }
  int status(const char* path, struct stat* result) override {
    return fails() ? -1 : FileCalls::status(path, result);
  }
  int rename_new(const char* from, const char* to) override {
    return fails() ? -1 : FileCalls::rename_new(from, to);
  }
  int link(const char* from, const char* to) override { return fails() ? -1 : FileCalls::link(from, to); }
  int rename_over(const char* from, const char* to) override {
    return fails() ? -1 : FileCalls::rename_over(from, to);
  }

 private:
  bool fails() {
    ++count_;
    const bool now = once_ ? count_ == first_ : count_ >= first_;
    if (now) errno = error_;
    return now;
  }
  int first_, count_ = 0;
  bool once_;
  int error_;
};

const std::string expected_code(int error) {
  return error == ENOSPC ? "io.disk_full" : error == EACCES ? "io.permission" : "io.write";
}

TEST_F(AtomicFile, EachCallFailsOnceAndFromThenOn) {
  const std::string old_bytes(35, 'o'), new_bytes(45, 'n');
  for (const bool overwrite : {false, true}) {
    for (const int error : {EIO, ENOSPC, EACCES}) {
      for (const bool once : {true, false}) {
        int failures = 0;
        for (int first = 1;; ++first) {
          fs::remove(at("f"));
          if (overwrite) write_file_atomically(at("f"), old_bytes);
          FailingCalls calls(first, once, error);
          const FileContent content{at("f"), new_bytes};
          const std::string code = code_of(
              [&] { detail::write_files_atomically(calls, {&content, 1}, {.overwrite = overwrite}); });
          const std::string found = fs::exists(at("f")) ? read_file(at("f")) : "";
          EXPECT_EQ(entries(), found.empty() ? 0u : 1u) << "a temporary file is left";
          if (calls.calls() < first) {  // nothing was left to fail
            EXPECT_EQ(code, "none");
            EXPECT_EQ(found, new_bytes);
            break;
          }
          ++failures;
          if (code == "none") {
            EXPECT_EQ(found, new_bytes);  // only closing the folder may fail without harm
            continue;
          }
          EXPECT_TRUE(code == expected_code(error) || code == "io.write") << code;
          EXPECT_TRUE(found == (overwrite ? old_bytes : "") || (found == new_bytes && code == "io.write"))
              << found;
        }
        EXPECT_GE(failures, 10);
      }
    }
  }
}

TEST_F(AtomicFile, SeveralFilesWithEachCallFailing) {
  const std::vector<FileContent> files = {{at("a"), "first"}, {at("b"), "second"}};
  for (int first = 1;; ++first) {
    fs::remove(at("a"));
    fs::remove(at("b"));
    FailingCalls calls(first, true, EIO);
    const std::string code = code_of([&] { detail::write_files_atomically(calls, files, {}); });
    if (calls.calls() < first) break;
    EXPECT_TRUE(entries() == 0 || entries() == 2) << "at call " << first;
    EXPECT_EQ(fs::exists(at("a")), fs::exists(at("b")));
  }
}

/// A file system without an exclusive rename.
class OldFileSystem : public detail::FileCalls {
 public:
  explicit OldFileSystem(int link_error, int rename_error = EINVAL)
      : link_error_(link_error), rename_error_(rename_error) {}
  int rename_new(const char*, const char*) override {
    errno = rename_error_;
    return -1;
  }
  int link(const char* from, const char* to) override {
    if (link_error_ == 0) return FileCalls::link(from, to);
    errno = link_error_;
    return -1;
  }

 private:
  int link_error_, rename_error_;
};

/// Calls that a system may answer in ways that are rare and right.
class OddCalls : public detail::FileCalls {
 public:
  int open(const char* path, int flags, mode_t mode) override {
    if ((flags & O_CREAT) != 0 && taken-- > 0) {
      errno = EEXIST;
      return -1;
    }
    return FileCalls::open(path, flags, mode);
  }
  ssize_t write(int file, const void* bytes, std::size_t count) override {
    if (interrupted-- > 0) {
      errno = EINTR;
      return -1;
    }
    return nothing ? 0 : FileCalls::write(file, bytes, count);
  }
  int sync(int file) override {
    if (++syncs == 1) return FileCalls::sync(file);
    errno = folder_error;
    return folder_error == 0 ? FileCalls::sync(file) : -1;
  }
  int rename_over(const char* from, const char* to) override {
    errno = EIO;
    return ++renames == bad_rename ? -1 : FileCalls::rename_over(from, to);
  }

  int taken = 0, interrupted = 0, syncs = 0, folder_error = 0, renames = 0, bad_rename = 0;
  bool nothing = false;
};

TEST_F(AtomicFile, RareAnswersOfTheSystem) {
  const FileContent content{at("f"), "x"};
  const auto write = [&](OddCalls& calls) {
    return code_of([&] { detail::write_files_atomically(calls, {&content, 1}, {.overwrite = true}); });
  };
  OddCalls taken, interrupted, nothing, never, no_folder_sync, no_folder_sync_either;
  taken.taken = 3;
  EXPECT_EQ(write(taken), "none");
  interrupted.interrupted = 3;
  EXPECT_EQ(write(interrupted), "none");
  no_folder_sync.folder_error = EINVAL;
  EXPECT_EQ(write(no_folder_sync), "none");
  no_folder_sync_either.folder_error = ENOTSUP;
  EXPECT_EQ(write(no_folder_sync_either), "none");
  nothing.nothing = true;
  EXPECT_EQ(write(nothing), "io.write");
  never.taken = 1000;
  EXPECT_EQ(write(never), "io.write");
  EXPECT_EQ(read_file(at("f")), "x");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFile, ALaterRenameThatFailsLeavesEachFileWhole) {
  write_file_atomically(at("a"), "old a");
  write_file_atomically(at("b"), "old b");
  const std::vector<FileContent> files = {{at("a"), "new a"}, {at("b"), "new b"}};
  OddCalls calls;
  calls.bad_rename = 2;
  EXPECT_EQ(code_of([&] { detail::write_files_atomically(calls, files, {.overwrite = true}); }), "io.write");
  EXPECT_EQ(read_file(at("a")), "new a");
  EXPECT_EQ(read_file(at("b")), "old b");
  EXPECT_EQ(entries(), 2u);
}

TEST_F(AtomicFile, NamesWithoutAFolder) {
  const std::string before = fs::current_path().string();
  fs::current_path(folder_);
  write_file_atomically("plain", "x");
  fs::current_path(before);
  EXPECT_EQ(read_file(at("plain")), "x");
  FailingCalls calls(2, false, EACCES);  // the first call looks whether the name is taken
  const FileContent content{"/everyml-no-such-file", "x"};
  EXPECT_EQ(code_of([&] { detail::write_files_atomically(calls, {&content, 1}, {}); }), "io.permission");
}

/// Someone else makes the file between the first look and the rename.
class Race : public OldFileSystem {
 public:
  explicit Race(bool old) : OldFileSystem(0), old_(old) {}
  int status(const char* path, struct stat* result) override {
    const int found = FileCalls::status(path, result);
    const int error = errno;
    std::ofstream(path) << "theirs";
    errno = error;
    return found;
  }
  int rename_new(const char* from, const char* to) override {
    return old_ ? OldFileSystem::rename_new(from, to) : FileCalls::rename_new(from, to);
  }

 private:
  bool old_;
};

TEST_F(AtomicFile, OldFileSystemsUseALink) {
  OldFileSystem refuses(EPERM);
  const FileContent content{at("f"), "x"};
  for (const int error : {EINVAL, ENOSYS, ENOTSUP}) {
    OldFileSystem links(0, error);
    detail::write_files_atomically(links, {&content, 1}, {});
    EXPECT_EQ(read_file(at("f")), "x");
    EXPECT_EQ(entries(), 1u);
    fs::remove(at("f"));
  }
  EXPECT_EQ(code_of([&] { detail::write_files_atomically(refuses, {&content, 1}, {}); }), "io.permission");
  EXPECT_EQ(entries(), 0u);
}

TEST_F(AtomicFile, ARaceNeverLosesTheOthersFile) {
  for (const bool old : {false, true}) {
    fs::remove(at("f"));
    Race race(old);
    const FileContent content{at("f"), "ours"};
    EXPECT_EQ(code_of([&] { detail::write_files_atomically(race, {&content, 1}, {}); }), "io.exists");
    EXPECT_EQ(read_file(at("f")), "theirs");
    EXPECT_EQ(entries(), 1u);
  }
}

/// Runs `work` in a child process; its result is the child's exit status, or minus the signal that ended it.
template <class F>
int in_child(F&& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_F(AtomicFile, AFullDiskLeavesTheOldFile) {
  write_file_atomically(at("f"), "old");
  const int result = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    return code_of([&] { write_file_atomically(at("f"), std::string(200'000, 'n'), {.overwrite = true}); }) ==
                   "io.disk_full"
               ? 0
               : 1;
  });
  EXPECT_EQ(result, 0);
  EXPECT_EQ(read_file(at("f")), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFile, AFullFileSystemLeavesTheOldFile) {
  fs::create_directory(at("small"));
  if (::mount("none", at("small").c_str(), "tmpfs", 0, "size=1m") != 0) GTEST_SKIP() << "mounting needs root";
  write_file_atomically(at("small/f"), "old");
  EXPECT_EQ(
      code_of([&] { write_file_atomically(at("small/f"), std::string(2 << 20, 'n'), {.overwrite = true}); }),
      "io.disk_full");
  EXPECT_EQ(read_file(at("small/f")), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(at("small")), fs::directory_iterator()), 1);
  EXPECT_EQ(::umount(at("small").c_str()), 0);
}

/// The real calls of a process that dies at one of them.
class DyingCalls : public detail::FileCalls {
 public:
  explicit DyingCalls(int last) : last_(last) {}
  int open(const char* path, int flags, mode_t mode) override {
    return step(), FileCalls::open(path, flags, mode);
  }
  ssize_t write(int file, const void* bytes, std::size_t count) override {
    step();
    return FileCalls::write(file, bytes, std::min<std::size_t>(count, 10));
  }
  int sync(int file) override { return step(), FileCalls::sync(file); }
  int close(int file) override { return step(), FileCalls::close(file); }
  int rename_over(const char* from, const char* to) override {
    return step(), FileCalls::rename_over(from, to);
  }

 private:
  void step() {
    if (++count_ == last_) ::_exit(7);
  }
  int last_, count_ = 0;
};

TEST_F(AtomicFile, DeathAtAnyCallLeavesTheOldFileOrTheNew) {
  const std::string old_bytes(35, 'o'), new_bytes(45, 'n');
  bool was_old = false, was_new = false;
  for (int last = 1;; ++last) {
    write_file_atomically(at("f"), old_bytes, {.overwrite = true});
    const int result = in_child([&] {
      DyingCalls calls(last);
      const FileContent content{at("f"), new_bytes};
      detail::write_files_atomically(calls, {&content, 1}, {.overwrite = true});
      return 0;
    });
    const std::string found = read_file(at("f"));
    was_old |= found == old_bytes;
    was_new |= found == new_bytes;
    EXPECT_TRUE(found == old_bytes || found == new_bytes);
    if (result == 0) break;
    EXPECT_EQ(result, 7);
  }
  EXPECT_TRUE(was_old && was_new);
}

TEST_F(AtomicFile, FiftyKillsWhileWriting) {
  // Each version is one letter repeated, of a length that goes with the letter.
  const auto version = [](int i) {
    return std::string(100'000 + 5'000 * static_cast<std::size_t>(i), static_cast<char>('a' + i));
  };
  write_file_atomically(at("f"), version(0));
  Stream random(11, "kills");
  for (int kill = 0; kill < 50; ++kill) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int i = 0;; i = (i + 1) % 26) write_file_atomically(at("f"), version(i), {.overwrite = true});
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(20'000)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const std::string found = read_file(at("f"));
    ASSERT_FALSE(found.empty());
    ASSERT_EQ(found, version(found.front() - 'a'));
  }
}

}  // namespace
}  // namespace everyml
