// The state machine and the waits of one device set in the stand-in (a test double, never shipped).
#include "core.h"

#include <algorithm>
#include <cstdio>

namespace standin {

namespace {

// Leaked on purpose: at process exit other threads may still be inside a set.
struct Rounds {
  std::mutex lock;
  std::vector<std::shared_ptr<DeviceSet>> all;
};

Rounds& rounds() {
  static Rounds* const rounds = new Rounds;
  return *rounds;
}

void endOfProcess() {
  std::vector<std::shared_ptr<DeviceSet>> all;
  {
    std::lock_guard<std::mutex> held(rounds().lock);
    all = rounds().all;
  }
  for (const auto& set : all) set->abandoned("process exit");
}

const char* stateName(State state) {
  switch (state) {
    case State::doesNotExist: return "DoesNotExist";
    case State::configurable: return "Configurable";
    case State::initializing: return "Initializing";
    case State::active: return "Active";
    case State::normallyTerminated: return "NormallyTerminated";
    default: return "Abort";
  }
}

// Longer waits than a year are for ever; this also keeps time arithmetic from overflowing.
constexpr int64_t kForeverMilliseconds = 365LL * 24 * 3600 * 1000;

Clock::time_point deadline(int64_t milliseconds) {
  if (milliseconds < 0 || milliseconds > kForeverMilliseconds) return Clock::time_point::max();
  return Clock::now() + std::chrono::milliseconds(milliseconds);
}

bool configurationAccepted(const VDConfig& asked) {
  const uint32_t allowed = VDF_Removable | VDF_Discard | VDF_RequestComplete;
  const bool powerOfTwo = (asked.alignment & (asked.alignment - 1)) == 0;
  return asked.deviceCount >= 1 && asked.deviceCount <= kMaximumDevices && (asked.features & ~allowed) == 0 &&
         powerOfTwo && asked.alignment <= 65536;
}

}  // namespace

// Marks a call that may block or copy, for the judge and for Close.
struct DeviceSet::Inside {
  Inside(DeviceSet& set, int device, const char* call) : set(set), device(device) {
    set.inside_++;
    if (device >= 0) set.judge_.entered(device, call);
  }
  ~Inside() {
    set.inside_--;
    if (device >= 0) set.judge_.left(device);
  }
  DeviceSet& set;
  int device;
};

std::shared_ptr<DeviceSet> DeviceSet::fresh(uint64_t createCalls) {
  auto set = std::make_shared<DeviceSet>();
  set->calls_["Create"] = createCalls;
  set->earlyFaults_ = parseCallFaults(ControlLine::parse("script " + platform::environment("VDI_STANDIN_SCRIPT")));
  std::lock_guard<std::mutex> held(rounds().lock);
  static const bool registered = (platform::atProcessExit(endOfProcess), true);
  (void)registered;
  rounds().all.push_back(set);
  return set;
}

std::shared_ptr<DeviceSet> DeviceSet::forCreate() {
  Lock lock(lock_);
  if (!closed_) return shared_from_this();
  const uint64_t createCalls = calls_["Create"];
  lock.unlock();
  return fresh(createCalls);
}

// ---- small moves, all under the lock

int32_t DeviceSet::protocol(const char* call) {
  if (closed_) {
    judge_.breach("late-call", "%s after Close", call);
  } else {
    judge_.breach("state", "%s in state %s", call, stateName(state_));
  }
  return VD_E_PROTOCOL;
}

uint64_t DeviceSet::count(const char* call) { return ++calls_[call]; }

bool DeviceSet::faulted(const char* call, uint64_t number, int32_t& result) {
  const CallFault* found = begun_ ? server_->script().fault(call, number) : nullptr;
  for (const CallFault& fault : earlyFaults_) {
    if (fault.call == call && fault.number == number) found = &fault;
  }
  if (!found) return false;
  if (found->abort && state_ != State::doesNotExist) abort("server", "aborted");
  result = found->result;
  return true;
}

void DeviceSet::become(State state) {
  if (state == state_) return;
  judge_.state(stateName(state_), stateName(state));
  state_ = state;
}

void DeviceSet::reportEnd(const char* status, const char* by) {
  if (ended_) return;
  ended_ = true;
  const uint64_t bytes = server_ ? server_->bytesDone() : 0;
  channel_.send(std::string("ended status=") + status + " by=" + by + " bytes=" + std::to_string(bytes));
}

void DeviceSet::abort(const char* by, const char* status) {
  if (state_ == State::doesNotExist) return;
  become(State::abort);
  if (server_) server_->cancel();
  reportEnd(status, by);
  if (!deaf_) wakeAll();
}

void DeviceSet::wakeAll() {
  configured_.notify_all();
  for (size_t i = 0; server_ && i < server_->size(); i++) server_->device(i).wake.notify_all();
}

void DeviceSet::wakeReady() {
  const Clock::time_point now = Clock::now();
  for (size_t i = 0; i < server_->size(); i++) {
    Device& device = server_->device(i);
    if (device.waiting == 0) continue;
    const ServerHalf::Step step = server_->next(device, now);
    const bool idle = step.offer == ServerHalf::Offer::wait && step.notBefore == Clock::time_point::max();
    if (!idle) device.wake.notify_all();
  }
}

bool DeviceSet::waitUntil(Lock& lock, std::condition_variable& wake, Clock::time_point until) {
  if (until == Clock::time_point::max()) {
    wake.wait(lock);
    return true;
  }
  return wake.wait_until(lock, until) == std::cv_status::no_timeout;
}

// ---- Create

int32_t DeviceSet::create(const std::string& name, const VDConfig& asked) {
  Lock lock(lock_);
  int32_t result = NOERROR_;
  if (!faulted("Create", count("Create"), result)) {
    result = state_ == State::doesNotExist ? connect(name, asked) : protocol("Create");
  }
  judge_.call(result, "Create name=%s devices=%u features=0x%x timeout=%u", percentEncode(name).c_str(),
              asked.deviceCount, asked.features, asked.serverTimeOut);
  if (result == NOERROR_) become(State::configurable);
  return result;
}

int32_t DeviceSet::connect(const std::string& name, const VDConfig& asked) {
  if (!configurationAccepted(asked)) return VD_E_NOTSUPPORTED;
  if (name.empty() || name.find('\\') != std::string::npos) return VD_E_INVALID;
  const std::string address = platform::environment("VDI_STANDIN_CONTROL");
  if (address.empty() || !channel_.open(address)) {
    judge_.note("no TDS half at VDI_STANDIN_CONTROL=%s", address.c_str());
    return VD_E_INSTANCE_NAME;
  }
  name_ = name;
  asked_ = asked;
  server_ = std::make_unique<ServerHalf>(asked.deviceCount);
  lastCompletion_ = platform::monotonicNanoseconds();
  channel_.send("create set=" + percentEncode(name) + " devices=" + std::to_string(asked.deviceCount) +
                " features=" + std::to_string(asked.features) + " pid=" + std::to_string(platform::processId()));
  ControlChannel::Listener listener;
  listener.line = [this](const std::string& line) { heard(line); };
  listener.dropped = [this] { dropped(); };
  listener.tick = [this] { checkServerTimeout(); };
  const int tick = asked.serverTimeOut ? static_cast<int>(std::min(asked.serverTimeOut, 60000u)) : -1;
  channel_.listen(std::move(listener), tick);
  return NOERROR_;
}

// ---- the TDS half speaks (reader thread)

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
    printf("%s\n", noise.c_str());
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
                static_cast<long long>(timeoutMilliseconds), commandName((*command)->commandCode).c_str(), (*command)->size);
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
  if (all) become(State::normallyTerminated);
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
  facts.deliveredAt = command.deliveredAt;
  facts.othersBusy = server_->size() > 1 && !command.buffer && server_->othersWriting(device);
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
  if (server_->through()) {
    reportEnd(server_->failed() ? "failed" : "ok", server_->failed() && !server_->failedByServer() ? "client" : "server");
  }
  wakeReady();
  return NOERROR_;
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

// ---- the end

int32_t DeviceSet::signalAbort() {
  Lock lock(lock_);
  int32_t result = NOERROR_;
  if (!faulted("SignalAbort", count("SignalAbort"), result)) {
    if (state_ == State::doesNotExist) {
      result = protocol("SignalAbort");
    } else {
      judge_.abortSignalled();
      if (begun_ && server_->script().silentAbort) deaf_ = true;
      abort("client", "aborted");
    }
  }
  judge_.call(result, "SignalAbort");
  return result;
}

int32_t DeviceSet::unsupported(const char* call) {
  Lock lock(lock_);
  const int32_t result = state_ == State::doesNotExist ? protocol(call) : int32_t{VD_E_NOTSUPPORTED};
  judge_.call(result, "%s", call);
  return result;
}

void DeviceSet::judgeClosing(const char* call) {
  Judge::Closing facts{};
  facts.call = call;
  facts.aborted = state_ == State::abort;
  facts.outstanding = server_ ? server_->outstandingCommands() : 0;
  facts.threadsInside = inside_;
  facts.completeMissing = state_ != State::configurable && state_ != State::initializing && server_ &&
                          server_->completeMissing();
  judge_.closing(facts);
}

int32_t DeviceSet::close() {
  Lock lock(lock_);
  int32_t result = NOERROR_;
  if (faulted("Close", count("Close"), result)) {
    judge_.call(result, "Close");
    return result;
  }
  if (state_ == State::doesNotExist) {
    result = protocol("Close");
    judge_.call(result, "Close");
    return result;
  }
  judgeClosing("Close");
  if (state_ == State::active) result = VD_E_OPEN;
  judge_.call(result, "Close");
  lock.unlock();
  shut("Close");
  return result;
}

// Ends this round for good: waits are freed, buffers become untouchable, the connection goes.
void DeviceSet::shut(const char* call) {
  Lock lock(lock_);
  (void)call;
  const bool unfinished = begun_ && !ended_;
  if (state_ == State::active || unfinished) abort("client", "aborted");
  closed_ = true;
  become(State::doesNotExist);
  channel_.send("closed");
  if (!deaf_) wakeAll();
  copied_.wait(lock, [this] { return copying_ == 0; });
  if (server_) server_->closeBuffers();
  lock.unlock();
  channel_.stop();
}

void DeviceSet::abandoned(const char* how) {
  {
    Lock lock(lock_);
    const bool live = state_ != State::doesNotExist;
    if (!live) {
      if (inside_ > 0) judge_.closing({how, true, 0, inside_, false});
      return;
    }
    bool served = false;
    for (size_t i = 0; i < server_->size(); i++) served = served || server_->device(i).opened;
    if (inside_ > 0) judge_.closing({how, true, 0, inside_, false});
    if (served) judge_.abandoned(how);
    judge_.note("%s", how);
  }
  shut(how);
}

}  // namespace standin
