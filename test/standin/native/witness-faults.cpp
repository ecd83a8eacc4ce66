// Parsing and counting the I/O witness's fault orders (see witness-faults.h). Never shipped.
#include "witness-faults.h"

#include <time.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

namespace witness {
namespace {

struct Name {
  const char* text;
  int error;
};

constexpr Name kNames[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EDQUOT", EDQUOT}, {"EACCES", EACCES}, {"EPERM", EPERM},
    {"EROFS", EROFS},   {"EINTR", EINTR},   {"EAGAIN", EAGAIN}, {"EXDEV", EXDEV},   {"ENOENT", ENOENT},
    {"EEXIST", EEXIST}, {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"ENOSYS", ENOSYS}, {"EINVAL", EINVAL},
    {"EBUSY", EBUSY},   {"EFBIG", EFBIG},   {"EBADF", EBADF},   {"ENODEV", ENODEV}, {"ESTALE", ESTALE},
    {"EISDIR", EISDIR}, {"ELOOP", ELOOP},   {"ENOMEM", ENOMEM}, {"EPIPE", EPIPE},   {"ENOTSUP", ENOTSUP},
    {"ENOTDIR", ENOTDIR}, {"ENAMETOOLONG", ENAMETOOLONG}, {"ETIMEDOUT", ETIMEDOUT}, {"EMLINK", EMLINK},
    {"ENOTTY", ENOTTY}, {"ENOLCK", ENOLCK},
};

struct Order {
  std::string call, what, path;
  uint64_t number = 1;
  bool onwards = false;
  uint64_t seen = 0;
};

struct Orders {
  std::mutex lock;
  std::vector<Order> all;
};

std::vector<std::string> split(const std::string& text, char at, size_t most) {
  std::vector<std::string> parts;
  size_t from = 0;
  while (parts.size() + 1 < most) {
    const size_t found = text.find(at, from);
    if (found == std::string::npos) break;
    parts.push_back(text.substr(from, found - from));
    from = found + 1;
  }
  parts.push_back(text.substr(from));
  return parts;
}

Order parse(const std::string& text) {
  Order order;
  const std::vector<std::string> parts = split(text, ':', 4);
  order.call = parts[0];
  if (parts.size() > 1) order.what = parts[1];
  if (parts.size() > 2) order.number = strtoull(parts[2].c_str(), nullptr, 10);
  order.onwards = parts.size() > 2 && !parts[2].empty() && parts[2].back() == '+';
  if (parts.size() > 3) order.path = parts[3];
  return order;
}

Orders& orders() {
  static Orders* const only = [] {
    Orders* made = new Orders;
    const char* text = getenv("VDI_WITNESS_FAULT");
    if (!text) return made;
    for (const std::string& one : split(text, ';', SIZE_MAX)) {
      if (!one.empty()) made->all.push_back(parse(one));
    }
    return made;
  }();
  return *only;
}

bool names(const std::string& order, const char* call) {
  if (order == call) return true;
  if (order == "any-write") return strstr(call, "write") != nullptr;
  if (order == "any-sync") return strstr(call, "sync") != nullptr;
  return order == "any-open" && strncmp(call, "open", 4) == 0;
}

// `path$` in an order is the end of a path, else any part of it.
bool matches(const std::string& order, const std::string& path) {
  if (order.empty() || order.back() != '$') return path.find(order) != std::string::npos;
  const size_t length = order.size() - 1;
  return path.size() >= length && path.compare(path.size() - length, length, order, 0, length) == 0;
}

}  // namespace

void sleepFor(uint64_t milliseconds) {
  timespec time{static_cast<time_t>(milliseconds / 1000), static_cast<long>(milliseconds % 1000 * 1000000)};
  nanosleep(&time, nullptr);
}

const char* errorName(int error) {
  for (const Name& name : kNames) {
    if (name.error == error) return name.text;
  }
  return "errno";
}

static int errorOf(const std::string& text) {
  for (const Name& name : kNames) {
    if (text == name.text) return name.error;
  }
  return EIO;
}

Fault faultOf(const char* call, const std::string& path) {
  Fault fault;
  std::lock_guard<std::mutex> held(orders().lock);
  for (Order& order : orders().all) {
    if (!names(order.call, call) || !matches(order.path, path)) continue;
    order.seen++;
    if (order.seen != order.number && !(order.onwards && order.seen > order.number)) continue;
    if (order.what.compare(0, 5, "sleep") == 0) {
      fault.delay += strtoull(order.what.c_str() + 5, nullptr, 10);
    } else if (order.what == "short") {
      fault.halved = true;
    } else if (!fault.error) {
      fault.error = errorOf(order.what);
    }
  }
  return fault;
}

}  // namespace witness
