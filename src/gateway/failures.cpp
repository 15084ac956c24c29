#include "gateway/failures.h"

#include <boost/core/demangle.hpp>
#include <typeinfo>

#include "gateway/limits.h"
#include "identity/identity.h"

namespace ob::gateway {

Error as_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& e) {
    return e;
  } catch (const std::exception& e) {
    return internal(e.what());
  } catch (...) {
    return internal("an exception of an unknown type");
  }
}

std::string kind_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& e) {
    return e.id();
  } catch (const std::exception& e) {
    return boost::core::demangle(typeid(e).name());
  } catch (...) {
    return "unknown";
  }
}

std::int64_t retry_after(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const identity::Throttled& e) {
    return e.retry_after_s;
  } catch (const TooMany& e) {
    return e.retry_after_s;
  } catch (...) {
    return 0;
  }
}

}  // namespace ob::gateway
