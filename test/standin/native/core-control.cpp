// A device set's talk with the TDS half: what it hears and what it reports. A test double, never shipped.
#include <algorithm>

#include "core.h"

namespace standin {

// ---- heard, on the reader thread

void DeviceSet::heard(const std::string& text) {
  const ControlLine line = ControlLine::parse(text);
  Lock lock(lock_);
  if (closed_ || state_ == State::doesNotExist) return;
  judge_.note("control %s", text.c_str());
  if (line.verb() == "begin" && !begun_ && state_ == State::configurable) begin(line);
  if (line.verb() == "abort") {
    deaf_ = false;
    abort("server", "aborted");
  }
}

void DeviceSet::begin(const ControlLine& line) {
  const Script script = Script::parse(line, asked_.deviceCount);
  std::string why;
  if (script.names.size() != asked_.deviceCount || script.names[0] != name_) {
    judge_.note("%zu names for %u devices, or not the name of the set", script.names.size(), asked_.deviceCount);
    abort("server", "failed");
  } else if (!server_->begin(script, asked_, why)) {
    judge_.note("%s", why.c_str());
    abort("server", "failed");
  } else {
    begun_ = true;
    lastCompletion_ = platform::monotonicNanoseconds();
    configured_.notify_all();
  }
}

void DeviceSet::dropped() {
  Lock lock(lock_);
  if (closed_) return;
  judge_.note("control connection lost");
  deaf_ = false;
  abort("server", "aborted");
}

// The server's own patience: more than two intervals without a completion while commands are with the client.
void DeviceSet::checkServerTimeout() {
  Lock lock(lock_);
  if (!asked_.serverTimeOut || !begun_ || server_->outstandingCommands() == 0) return;
  const uint64_t idle = platform::monotonicNanoseconds() - lastCompletion_;
  if (idle > 2000000ull * asked_.serverTimeOut) abort("server", "aborted");
}

// ---- reported, under the lock

void DeviceSet::reportThrough() {
  if (!server_->through()) return;
  const bool byClient = server_->failed() && !server_->failedByServer();
  reportEnd(server_->failed() ? "failed" : "ok", byClient ? "client" : "server");
}

void DeviceSet::reportEnd(const char* status, const char* by) {
  if (ended_) return;
  ended_ = true;
  const uint64_t bytes = server_ ? server_->bytesDone() : 0;
  channel_.send(std::string("ended status=") + status + " by=" + by + " bytes=" + std::to_string(bytes));
}

constexpr uint64_t kProgressNanoseconds = 50 * 1000000;

void DeviceSet::reportProgress() {
  const uint64_t bytes = server_->bytesDone();
  const uint64_t step = std::max<uint64_t>(1, server_->bytesExpected() / 100);
  if (bytes - reportedBytes_ < step || lastCompletion_ - reportedAt_ < kProgressNanoseconds) return;
  reportedBytes_ = bytes;
  reportedAt_ = lastCompletion_;
  channel_.send("progress bytes=" + std::to_string(bytes));
}

}  // namespace standin
