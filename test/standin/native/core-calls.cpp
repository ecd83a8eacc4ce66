// The calls a client makes while a device set lives: GetConfiguration, OpenDevice, GetCommand, CompleteCommand, with
// their waits. A test double, never shipped.
#include <algorithm>

#include "core.h"

namespace standin {

// Longer waits than a year are for ever; this also keeps time arithmetic from overflowing.
constexpr int64_t kForeverMilliseconds = 365LL * 24 * 3600 * 1000;

static Clock::time_point deadline(int64_t milliseconds) {
  if (milliseconds < 0 || milliseconds > kForeverMilliseconds) return Clock::time_point::max();
  return Clock::now() + std::chrono::milliseconds(milliseconds);
}

bool DeviceSet::waitUntil(Lock& lock, std::condition_variable& wake, Clock::time_point until) {
  if (until == Clock::time_point::max()) {
    wake.wait(lock);
    return true;
  }
  return wake.wait_until(lock, until) == std::cv_status::no_timeout;
}

// ---- GetConfiguration, OpenDevice

int32_t DeviceSet::getConfiguration(int64_t timeoutMilliseconds, VDConfig& config) {
  Lock lock(lock_);
  Inside inside(*this, -1, "GetConfiguration");
  const uint64_t number = count("GetConfiguration");
  int32_t result = NOERROR_;
  if (!faulted("GetConfiguration", number, result)) {
    result = waitForConfiguration(lock, timeoutMilliseconds);
    if (result == NOERROR_) faulted("GetConfiguration", number, result);
  }
  if (result == NOERROR_) {
    server_->describe(config);
    if (state_ == State::configurable) become(State::initializing);
    if (!told_) channel_.send("configured");
    told_ = true;
  }
  judge_.call(result, "GetConfiguration timeout=%lld", static_cast<long long>(timeoutMilliseconds));
  return result;
}

int32_t DeviceSet::waitForConfiguration(Lock& lock, int64_t timeoutMilliseconds) {
  if (state_ == State::doesNotExist) return protocol("GetConfiguration");
  if (state_ == State::abort) return VD_E_ABORT;
  const Clock::time_point until = deadline(timeoutMilliseconds);
  while (!begun_ || released()) {
    if (released()) return VD_E_ABORT;
    if (!waitUntil(lock, configured_, until) && !begun_ && !released()) return VD_E_TIMEOUT;
  }
  return NOERROR_;
}

static bool allOpen(ServerHalf& server) {
  for (size_t i = 0; i < server.size(); i++) {
    if (!server.device(i).opened) return false;
  }
  return true;
}

int32_t DeviceSet::openDevice(const std::string& name, int& index) {
  Lock lock(lock_);
  int32_t result = NOERROR_;
  Device* device = server_ && begun_ ? server_->find(name) : nullptr;
  if (faulted("OpenDevice", count("OpenDevice"), result)) {
    device = nullptr;
  } else if (state_ == State::abort) {
    result = VD_E_ABORT;
  } else if (state_ != State::initializing && state_ != State::active) {
    result = protocol("OpenDevice");
  } else if (allOpen(*server_)) {
    result = VD_E_OPEN;
  } else if (!device) {
    result = VD_E_INVALID;
  } else if (device->opened) {
    result = protocol("OpenDevice");
  }
  judge_.call(result, "OpenDevice device=%d name=%s", device ? device->index : -1, percentEncode(name).c_str());
  if (result != NOERROR_ || !device) return result;
  index = device->index;
  device->opened = true;
  become(State::active);
  channel_.send("open device=" + std::to_string(index) + " name=" + percentEncode(name));
  const std::string& noise = server_->script().noise;
  if (!noise.empty()) {
    platform::writeToConsole(noise + "\n");
  }
  return NOERROR_;
}

// ---- GetCommand

int32_t DeviceSet::getCommand(int index, int64_t timeoutMilliseconds, VDC_Command** command) {
  Lock lock(lock_);
  Inside inside(*this, index, "GetCommand");
  Device& device = server_->device(static_cast<size_t>(index));
  int32_t result = NOERROR_;
  *command = nullptr;
  if (!faulted("GetCommand", count("GetCommand"), result)) {
    if (state_ == State::abort) {
      result = VD_E_ABORT;
    } else if (state_ != State::active || device.closeSeen) {
      result = protocol("GetCommand");
    } else {
      result = waitForCommand(lock, device, timeoutMilliseconds, command);
    }
  }
  if (*command) {
    judge_.call(result, "GetCommand device=%d timeout=%lld command=%s size=%d", index,
                static_cast<long long>(timeoutMilliseconds), commandName((*command)->commandCode).c_str(),
                (*command)->size);
  } else {
    judge_.call(result, "GetCommand device=%d timeout=%lld", index, static_cast<long long>(timeoutMilliseconds));
  }
  return result;
}

int32_t DeviceSet::waitForCommand(Lock& lock, Device& device, int64_t timeoutMilliseconds, VDC_Command** command) {
  const Clock::time_point until = deadline(timeoutMilliseconds);
  for (;;) {
    if (released()) return VD_E_ABORT;
    const Clock::time_point now = Clock::now();
    const bool deaf = state_ == State::abort;  // a broken server offers nothing and releases nobody
    ServerHalf::Step step{ServerHalf::Offer::wait, Clock::time_point::max()};
    if (!deaf) step = server_->next(device, now);
    if (step.offer == ServerHalf::Offer::closed) return closeDevice(device);
    if (step.offer == ServerHalf::Offer::command) return handOut(lock, device, command);
    if (now >= until) return VD_E_TIMEOUT;
    device.waiting++;
    waitUntil(lock, device.wake, std::min(until, step.notBefore));
    device.waiting--;
  }
}

int32_t DeviceSet::handOut(Lock& lock, Device& device, VDC_Command** command) {
  Command& given = server_->deliver(device);
  copying_++;
  lock.unlock();
  const bool filled = server_->fill(device, given);
  lock.lock();
  copying_--;
  copied_.notify_all();
  if (!filled) {
    judge_.note("a recipe source of device=%d cannot be read", device.index);
    server_->takeBack(device, given);
    abort("server", "failed");
    return VD_E_ABORT;
  }
  if (released()) {
    server_->takeBack(device, given);
    return VD_E_ABORT;
  }
  *command = &given.wire;
  return NOERROR_;
}

int32_t DeviceSet::closeDevice(Device& device) {
  device.closeSeen = true;
  bool all = true;
  for (size_t i = 0; i < server_->size(); i++) all = all && server_->device(i).closeSeen;
  if (all) {
    become(State::normallyTerminated);
    reportThrough();  // a server that ended before it gave a command has had no completion to say it with
  }
  return VD_E_CLOSE;
}

// ---- CompleteCommand

int32_t DeviceSet::completeCommand(int index, VDC_Command* wire, int32_t code, uint64_t bytes) {
  Lock lock(lock_);
  Inside inside(*this, index, "CompleteCommand");
  Device& device = server_->device(static_cast<size_t>(index));
  bool seenBefore = false;
  Command* command = server_->outstanding(device, wire, seenBefore);
  const std::string name = command ? commandName(command->code) : "?";
  int32_t result = NOERROR_;
  if (!faulted("CompleteCommand", count("CompleteCommand"), result)) {
    if (state_ == State::abort) {
      if (command) server_->takeBack(device, *command);
      result = VD_E_ABORT;
    } else if (state_ != State::active || device.closeSeen) {
      result = protocol("CompleteCommand");
    } else if (!command) {
      judge_.inactiveCompletion(index, seenBefore);
      result = VD_E_INVALID;
    } else {
      result = takeCompletion(lock, device, *command, code, bytes);
    }
  }
  judge_.call(result, "CompleteCommand device=%d command=%s code=%d bytes=%llu", index, name.c_str(), code,
              static_cast<unsigned long long>(bytes));
  return result;
}

void DeviceSet::judgeCompletion(Device& device, const Command& command, int32_t code, uint64_t bytes) {
  Judge::Completion facts{};
  facts.device = device.index;
  facts.command = command.code;
  facts.size = command.size;
  facts.code = code;
  facts.bytes = bytes;
  judge_.completed(facts);
}

int32_t DeviceSet::takeCompletion(Lock& lock, Device& device, Command& command, int32_t code, uint64_t bytes) {
  judgeCompletion(device, command, code, bytes);
  const int32_t kind = command.code;
  const bool last = command.last;
  copying_++;
  lock.unlock();
  const bool stored = server_->store(device, command, bytes);
  lock.lock();
  copying_--;
  copied_.notify_all();
  if (state_ == State::abort) {
    server_->takeBack(device, command);
    return VD_E_ABORT;
  }
  if (!stored) {
    judge_.note("the sink of device=%d cannot be written", device.index);
    server_->takeBack(device, command);
    abort("server", "failed");
    return VD_E_ABORT;
  }
  lastCompletion_ = platform::monotonicNanoseconds();
  const ServerHalf::Completed outcome = server_->completed(device, command, code, bytes);
  if (outcome == ServerHalf::Completed::error) {
    channel_.send("error device=" + std::to_string(device.index) + " command=" + commandName(kind) +
                  " win32=" + std::to_string(code) + " bytes=" + std::to_string(bytes));
  } else if (last && code == 0) {
    channel_.send("completed device=" + std::to_string(device.index));
  }
  reportProgress();
  reportThrough();
  wakeReady();
  return NOERROR_;
}

}  // namespace standin
