#include "everyml/foundation/base/memory.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "everyml/foundation/base/error.h"

namespace everyml {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

bool aligned(const void* pointer, std::size_t to) {
  return reinterpret_cast<std::uintptr_t>(pointer) % to == 0;
}

template <class F>
std::string code_of(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::resource);
    return std::string(error.code());
  }
  return "none";
}

TEST(Allocate, AlignsToCacheLinesAndHugePages) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{65'535}, std::size_t{65'536},
                                  std::size_t{65'537}, 2 * kMiB - 1, 2 * kMiB, 5 * kMiB + 3}) {
    auto* pointer = static_cast<unsigned char*>(allocate_bytes(bytes));
    ASSERT_NE(pointer, nullptr);
    EXPECT_TRUE(aligned(pointer, bytes >= 2 * kMiB ? 2 * kMiB : 64)) << bytes;
    std::fill_n(pointer, bytes, 0xa5);
    free_bytes(pointer, bytes);
  }
  free_bytes(nullptr, 100);
}

TEST(Allocate, ImpossibleSizesAreErrors) {
  EXPECT_EQ(code_of([] { allocate_bytes(SIZE_MAX); }), "resource.memory");
  EXPECT_EQ(code_of([] { Buffer<double>{SIZE_MAX / 4}; }), "resource.memory");
}

TEST(Budget, ChargesToTheLimitAndNoFurther) {
  MemoryBudget budget(100);
  budget.charge(60);
  EXPECT_EQ(code_of([&] { budget.charge(41); }), "resource.memory");
  EXPECT_EQ(budget.used(), 60U);
  budget.charge(40);
  budget.release(100);
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_EQ(budget.peak(), 100U);
  MemoryBudget unlimited;
  unlimited.charge(SIZE_MAX / 2);
  EXPECT_EQ(unlimited.used(), SIZE_MAX / 2);
  EXPECT_EQ(code_of([&] { unlimited.charge(SIZE_MAX); }), "resource.memory") << "the sum must not wrap";
}

TEST(Budget, OnlyLargeArraysInAScopeAreCharged) {
  MemoryBudget budget(kMiB);
  const Buffer<char> before(200'000);
  {
    const BudgetScope scope(budget);
    const Buffer<char> small(65'535);
    EXPECT_EQ(budget.used(), 0U);
    const Buffer<double> large(10'000);
    EXPECT_EQ(budget.used(), 80'000U);
    const Buffer<double> copy = large;
    EXPECT_EQ(budget.used(), 160'000U);
    EXPECT_EQ(code_of([] { Buffer<char>{2 * kMiB}; }), "resource.memory");
    EXPECT_EQ(budget.used(), 160'000U) << "a refused array leaves no charge";
  }
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_EQ(budget.peak(), 160'000U);
}

TEST(Budget, ScopesNest) {
  MemoryBudget outer, inner;
  const BudgetScope outer_scope(outer);
  Buffer<char> kept;
  {
    const BudgetScope inner_scope(inner);
    kept = Buffer<char>(100'000);
    const BudgetScope nobody{BudgetScope::Handle()};
    const Buffer<char> uncharged(100'000);
    EXPECT_EQ(inner.used(), 100'000U);
  }
  const Buffer<char> second(70'000);
  EXPECT_EQ(outer.used(), 70'000U);
  kept = {};
  EXPECT_EQ(inner.used(), 0U) << "released to the budget that was charged, not the current one";
  EXPECT_EQ(outer.used(), 70'000U);
}

TEST(Budget, AnArrayMayOutliveScopeBudgetAndThread) {
  Buffer<char> kept;
  BudgetScope::Handle account;
  auto budget = std::make_unique<MemoryBudget>();
  {
    const BudgetScope scope(*budget);
    account = BudgetScope::current();
    kept = Buffer<char>(3 * kMiB);
  }
  EXPECT_EQ(account->used.load(), 3 * kMiB);
  budget.reset();
  std::thread([moved = std::move(kept)]() mutable { moved = {}; }).join();
  EXPECT_EQ(account->used.load(), 0U);
  EXPECT_EQ(account.use_count(), 1);
}

TEST(Budget, ManyThreadsChargeExactly) {
  MemoryBudget budget(1000);
  std::atomic<int> granted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        try {
          budget.charge(1);
          granted.fetch_add(1);
        } catch (const ResourceError&) {
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(granted.load(), 1000);
  EXPECT_EQ(budget.used(), 1000U);
}

TEST(Buffer, IsZeroedAndCopiesByValue) {
  Buffer<int> first(100);
  for (const int value : first) ASSERT_EQ(value, 0);
  first[3] = 7;
  Buffer<int> second = first;
  second[3] = 8;
  EXPECT_EQ(first[3], 7);
  const Buffer<int> moved = std::move(second);
  EXPECT_EQ(moved[3], 8);
  EXPECT_EQ(moved.size(), 100U);
  first = moved;
  EXPECT_EQ(first[3], 8);
  const Buffer<int> empty(0);
  EXPECT_TRUE(empty.empty());
  EXPECT_EQ(empty.begin(), empty.end());
}

}  // namespace
}  // namespace everyml
