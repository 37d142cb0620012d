#include "everyml/foundation/base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>

#include "everyml/foundation/base/error.h"
#include "everyml/foundation/base/thread_pool_impl.h"

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace everyml {
namespace {

using Chunk = std::pair<std::size_t, std::size_t>;

std::set<Chunk> chunks_of(const Context& context, std::size_t n, std::size_t grain) {
  std::mutex mutex;
  std::set<Chunk> chunks;
  parallel_for(context, n, grain, [&](std::size_t begin, std::size_t end) {
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(chunks.emplace(begin, end).second) << "chunk run twice";
  });
  return chunks;
}

// Rounding makes this sum depend on its order.
double rounded_sum(const Context& context, std::size_t n) {
  return parallel_reduce<double>(
      context, n, 7,
      [](std::size_t begin, std::size_t end) {
        double sum = 0;
        for (; begin < end; ++begin)
          sum += std::sin(static_cast<double>(begin)) * 1e3 / (1.0 + static_cast<double>(begin));
        return sum;
      },
      [](double& into, double part) { into += part; });
}

TEST(Parallel, ChunksDependOnSizeAndGrainAlone) {
  for (const auto& [n, grain] :
       std::vector<Chunk>{{0, 3}, {1, 3}, {3, 3}, {4, 3}, {1000, 7}, {5, SIZE_MAX}}) {
    std::set<Chunk> expected;
    for (std::size_t begin = 0; begin < n;) {
      const std::size_t end = begin + std::min(grain, n - begin);
      expected.emplace(begin, end);
      begin = end;
    }
    for (const int threads : {1, 2, 7})
      EXPECT_EQ(chunks_of(Context({.threads = threads}), n, grain), expected);
  }
}

TEST(Parallel, ReductionHasTheSameBitsWithAnyNumberOfThreads) {
  const double expected = rounded_sum(Context({.threads = 1}), 10'000);
  for (const int threads : {2, 3, 8}) EXPECT_EQ(rounded_sum(Context({.threads = threads}), 10'000), expected);
  EXPECT_EQ(rounded_sum(Context({.threads = 4}), 0), 0.0);
}

TEST(Parallel, ThreadsStartOnlyWhenALoopNeedsThem) {
  const Context context({.threads = 3});
  parallel_for(context, 10, 10, [](std::size_t, std::size_t) {});
  parallel_for(context.serial(), 10, 1, [](std::size_t, std::size_t) {});
  EXPECT_EQ(context.pool().started(), 0U);
  parallel_for(context, 2, 1, [](std::size_t, std::size_t) {});
  EXPECT_EQ(context.pool().started(), 1U);
  parallel_for(context, 10, 1, [](std::size_t, std::size_t) {});
  EXPECT_EQ(context.pool().started(), 2U);
}

TEST(Parallel, WorkersTakePart) {
  const Context context({.threads = 2});
  std::atomic<int> inside{0};
  // Ends only if both chunks run at once.
  parallel_for(context, 2, 1, [&](std::size_t, std::size_t) {
    inside.fetch_add(1);
    while (inside.load() < 2) std::this_thread::yield();
  });
  EXPECT_EQ(inside.load(), 2);
}

TEST(Parallel, ManyShortLoopsOneAfterAnother) {
  const Context context({.threads = 4});
  std::size_t sum = 0;
  for (int loop = 0; loop < 20'000; ++loop) {
    std::atomic<std::size_t> now{0};
    parallel_for(context, 8, 1,
                 [&](std::size_t begin, std::size_t) { now.fetch_add(begin, std::memory_order_relaxed); });
    sum += now.load();
  }
  EXPECT_EQ(sum, 20'000U * 28U);
}

TEST(Parallel, WritesOfTheChunksAreSeenAfterTheLoop) {
  const Context context({.threads = 4});
  std::vector<std::size_t> values(1000);
  for (std::size_t loop = 1; loop <= 200; ++loop) {
    parallel_for(context, values.size(), 10, [&](std::size_t begin, std::size_t end) {
      for (; begin < end; ++begin) values[begin] += begin;
    });
    ASSERT_EQ(std::accumulate(values.begin(), values.end(), std::size_t{0}), loop * 999 * 500);
  }
}

TEST(Parallel, InnerLoopsRunOnTheirThread) {
  const Context context({.threads = 4});
  EXPECT_EQ(loop_threads(context), 4);
  std::atomic<int> strangers{0}, calls{0};
  parallel_for(context, 16, 1, [&](std::size_t, std::size_t) {
    const auto self = std::this_thread::get_id();
    EXPECT_EQ(loop_threads(context), 1);
    parallel_for(context, 16, 1, [&](std::size_t, std::size_t) {
      calls.fetch_add(1);
      if (std::this_thread::get_id() != self) strangers.fetch_add(1);
    });
  });
  EXPECT_EQ(calls.load(), 256);
  EXPECT_EQ(strangers.load(), 0);
}

TEST(Parallel, ManyCallersShareOnePool) {
  const Context context({.threads = 3});
  const double expected = rounded_sum(context.serial(), 500);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&] {
      for (int loop = 0; loop < 300; ++loop) {
        if (rounded_sum(context, 500) != expected) wrong.fetch_add(1);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(Parallel, TheFirstErrorByChunkOrderComesBack) {
  for (const int threads : {1, 2, 5}) {
    const Context context({.threads = threads});
    for (int loop = 0; loop < 50; ++loop) {
      std::string message;
      try {
        parallel_for(context, 100, 1, [](std::size_t begin, std::size_t) {
          if (begin >= 20 && begin % 10 == 0) throw std::runtime_error(std::to_string(begin));
        });
      } catch (const std::runtime_error& error) {
        message = error.what();
      }
      ASSERT_EQ(message, "20") << threads << " threads";
    }
    EXPECT_EQ(chunks_of(context, 10, 1).size(), 10U) << "the pool works on after an error";
  }
}

TEST(Parallel, AnErrorSkipsTheChunksThatRemain) {
  const Context context({.threads = 2});
  std::atomic<std::size_t> ran{0};
  EXPECT_THROW(parallel_for(context, 1'000'000, 1,
                            [&](std::size_t, std::size_t) {
                              ran.fetch_add(1);
                              throw std::runtime_error("now");
                            }),
               std::runtime_error);
  EXPECT_LE(ran.load(), 2U);
}

TEST(Parallel, CancelEndsALoopBetweenChunks) {
  for (const int threads : {1, 3}) {
    CancelToken token;
    const Context context({.threads = threads, .cancel = &token});
    std::atomic<std::size_t> ran{0};
    try {
      parallel_for(context, 1'000'000, 1, [&](std::size_t, std::size_t) {
        if (ran.fetch_add(1) == 10) token.cancel();
      });
      ADD_FAILURE() << "not cancelled";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "resource.cancelled");
    }
    EXPECT_LT(ran.load(), 1'000'000U);
    EXPECT_THROW(parallel_for(context, 1, 1, [](std::size_t, std::size_t) {}), ResourceError)
        << "one chunk too";
  }
}

TEST(Parallel, WorkersChargeTheBudgetOfTheCaller) {
  const Context context({.threads = 2});
  MemoryBudget budget;
  std::atomic<int> inside{0};
  std::vector<Buffer<char>> kept(2);
  {
    const BudgetScope scope(budget);
    parallel_for(context, 2, 1, [&](std::size_t begin, std::size_t) {
      inside.fetch_add(1);
      while (inside.load() < 2) std::this_thread::yield();  // one chunk on each thread
      kept[begin] = Buffer<char>::uninitialized(100'000);
    });
  }
  EXPECT_EQ(budget.used(), 200'000U);
  parallel_for(context, 2, 1, [&](std::size_t begin, std::size_t) { kept[begin] = {}; });
  EXPECT_EQ(budget.used(), 0U);
  const Buffer<char> free_of_charge(100'000);
  EXPECT_EQ(budget.used(), 0U);
}

#if defined(__unix__)
TEST(Parallel, AForkedChildNeitherHangsNorLosesWork) {
  auto context = std::make_unique<Context>(ContextOptions{.threads = 3});
  const double expected = rounded_sum(*context, 1000);
  ASSERT_GT(context->pool().started(), 0U);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(60);
    const bool right = rounded_sum(*context, 1000) == expected;
    context.reset();
    _exit(right ? 17 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 17);
  EXPECT_EQ(rounded_sum(*context, 1000), expected) << "the parent is not disturbed";
}
#endif

class CgroupTree : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() /
            ("everyml_cgroup_" + std::to_string(std::hash<std::thread::id>{}(std::this_thread::get_id())) +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::filesystem::path root_;
};

TEST_F(CgroupTree, Version2TakesTheSmallestQuotaOnTheWayUp) {
  put("a/b/cpu.max", "max 100000\n");
  put("a/cpu.max", "350000 100000\n");
  EXPECT_EQ(cgroup_cpus("0::/a/b\n", root_), 3);
  put("a/b/cpu.max", "50000 100000\n");
  EXPECT_EQ(cgroup_cpus("0::/a/b\n", root_), 1);
  put("cpu.max", "200000 100000\n");
  EXPECT_EQ(cgroup_cpus("0::/not/visible/here\n", root_), 2);
}

TEST_F(CgroupTree, Version1TakesQuotaOverPeriod) {
  put("cpu,cpuacct/g/cpu.cfs_quota_us", "400000\n");
  put("cpu,cpuacct/g/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cgroup_cpus("5:memory:/g\n4:cpu,cpuacct:/g\n", root_), 4);
  put("cpu,cpuacct/g/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(cgroup_cpus("5:memory:/g\n4:cpu,cpuacct:/g\n", root_), 0);
}

TEST_F(CgroupTree, NonsenseIsNoQuota) {
  put("cpu.max", "many\n");
  EXPECT_EQ(cgroup_cpus("", root_), 0);
  EXPECT_EQ(cgroup_cpus("0::/", root_), 0);
  EXPECT_EQ(cgroup_cpus("::::\n\n:x", root_), 0);
  EXPECT_GE(available_threads(), 1);
}

}  // namespace
}  // namespace everyml
