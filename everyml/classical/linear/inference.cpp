#include "everyml/classical/linear/inference.h"

#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace everyml {
namespace {

namespace policies = boost::math::policies;
/// Nothing is thrown and nothing is promoted: odd arguments give NaN or infinity.
using Quiet = policies::policy<
    policies::domain_error<policies::ignore_error>, policies::overflow_error<policies::ignore_error>,
    policies::underflow_error<policies::ignore_error>, policies::denorm_error<policies::ignore_error>,
    policies::evaluation_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
    policies::promote_double<false>>;
using Student = boost::math::students_t_distribution<double, Quiet>;
using Normal = boost::math::normal_distribution<double, Quiet>;
using Fisher = boost::math::fisher_f_distribution<double, Quiet>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double student_two_sided(double t, double degrees) {
  if (std::isnan(t) || !(degrees > 0.0)) return kNone;
  if (std::isinf(t)) return 0.0;
  return 2.0 * boost::math::cdf(boost::math::complement(Student(degrees), std::abs(t)));
}

double student_quantile(double p, double degrees) {
  if (!(p > 0.0 && p < 1.0) || !(degrees > 0.0)) return kNone;
  return boost::math::quantile(Student(degrees), p);
}

double gaussian_two_sided(double z) {
  if (std::isnan(z)) return kNone;
  if (std::isinf(z)) return 0.0;
  return 2.0 * boost::math::cdf(boost::math::complement(Normal(), std::abs(z)));
}

double gaussian_quantile(double p) {
  if (!(p > 0.0 && p < 1.0)) return kNone;
  return boost::math::quantile(Normal(), p);
}

double fisher_upper(double f, double degrees1, double degrees2) {
  if (!(f >= 0.0) || !(degrees1 > 0.0) || !(degrees2 > 0.0)) return kNone;
  if (std::isinf(f)) return 0.0;
  return boost::math::cdf(boost::math::complement(Fisher(degrees1, degrees2), f));
}

}  // namespace everyml
