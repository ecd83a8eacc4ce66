// The state machine and the waits of one device set in the stand-in (a test double, never shipped).
#include "core.h"

#include <algorithm>

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

bool configurationAccepted(const VDConfig& asked) {
  const uint32_t allowed = VDF_Removable | VDF_Discard | VDF_RequestComplete;
  const bool powerOfTwo = (asked.alignment & (asked.alignment - 1)) == 0;
  return asked.deviceCount >= 1 && asked.deviceCount <= kMaximumDevices && (asked.features & ~allowed) == 0 &&
         powerOfTwo && asked.alignment <= 65536;
}

}  // namespace

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
  judge_.note("fault %s %llu", call, static_cast<unsigned long long>(number));
  if (found->abort && state_ != State::doesNotExist) abort("server", "aborted");
  result = found->result;
  return true;
}

void DeviceSet::become(State state) {
  if (state == state_) return;
  judge_.state(stateName(state_), stateName(state));
  state_ = state;
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
  shut();
  return result;
}

// Ends this round for good: waits are freed, buffers become untouchable, the connection goes.
void DeviceSet::shut() {
  Lock lock(lock_);
  const bool unfinished = begun_ && !ended_;
  if (state_ == State::active || unfinished) abort("client", "aborted");
  closed_ = true;
  become(State::doesNotExist);
  channel_.send("closed");
  if (!deaf_) wakeAll();
  copied_.wait(lock, [this] { return copying_ == 0; });
  if (server_) server_->release();
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
  shut();
}

}  // namespace standin
