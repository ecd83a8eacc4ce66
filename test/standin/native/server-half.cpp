// Planning and completing commands: the server's side of a device set in the stand-in (a test double, never shipped).
#include "server-half.h"

#include <algorithm>

namespace standin {

static bool isData(int32_t code) { return code == VDC_Read || code == VDC_Write; }

static uint64_t nextRandom(uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

ServerHalf::ServerHalf(size_t devices) {
  for (size_t i = 0; i < devices; i++) {
    devices_.push_back(std::make_unique<Device>());
    devices_[i]->index = static_cast<int>(i);
  }
}

static bool openEnd(Device& device, const Script& script, size_t index, std::string& why) {
  if (index >= script.files.size()) {
    why = "a recipe or sink for each device is needed";
    return false;
  }
  if (script.restore) {
    why = "sink cannot be opened: " + script.files[index];
    return device.sink.open(script.files[index]);
  }
  if (!device.source.load(script.files[index], why)) return false;
  device.remaining = device.source.length();
  return true;
}

bool ServerHalf::begin(const Script& script, const VDConfig& asked, std::string& why) {
  script_ = script;
  asked_ = asked;
  for (auto& device : devices_) {
    const size_t index = static_cast<size_t>(device->index);
    device->name = script_.names[index];
    if (!openEnd(*device, script_, index, why)) return false;
    device->commands.resize(script_.buffers + 8);
    device->random = (script_.mixedSeed + index + 1) * 0x9E3779B97F4A7C15u;
    bytesExpected_ += device->remaining;
  }
  why = "transfer buffers cannot be allocated";
  const uint32_t alignment = std::max(asked.alignment, script_.blockSize);
  if (!pool_.allocate(script_.buffers, script_.transferSize, asked.prefixZoneSize, alignment, script_.guard)) {
    return false;
  }
  free_ = pool_.available();
  stopAt_ = std::min({script_.errorAt, script_.silenceAt, script_.restore ? script_.limit : kNever});
  begun_ = true;
  for (auto& device : devices_) {
    if (!script_.restore && device->remaining == 0) planEnd(*device);
  }
  planAhead();
  return true;
}

bool ServerHalf::completeEnabled() const {
  return script_.complete && (asked_.features & VDF_RequestComplete) != 0;
}

void ServerHalf::describe(VDConfig& config) const {
  const std::string& forced = script_.directionBit;
  const bool reads = forced.empty() ? script_.restore : forced == "read";
  const bool writes = forced.empty() ? !script_.restore : forced == "write";
  config = asked_;
  config.features = (reads ? VDF_ReadMedia : 0u) | (writes ? VDF_WriteMedia : 0u) |
                    (completeEnabled() ? VDF_CompleteEnabled : 0u);
  config.alignment = std::max(asked_.alignment, script_.blockSize);
  config.blockSize = script_.blockSize;
  config.maxIODepth = kMaximumIODepth;
  config.maxTransferSize = script_.transferSize;
  config.bufferAreaSize = static_cast<uint32_t>(std::min<uint64_t>(pool_.areaBytes(), UINT32_MAX));
}

Device* ServerHalf::find(const std::string& name) {
  for (auto& device : devices_) {
    if (device->name == name) return device.get();
  }
  return nullptr;
}

// ---- planning

void ServerHalf::planAhead() {
  size_t idle = 0;
  while (!halted_ && idle < devices_.size() && free_ > 0) {
    if (planned_ >= stopAt_) break;
    Device& device = *devices_[turn_];
    turn_ = (turn_ + 1) % devices_.size();
    idle = planTransfer(device) ? 0 : idle + 1;
  }
  if (!halted_ && planned_ >= stopAt_) stop();
}

uint64_t ServerHalf::toBoundary(const Device& device) const {
  uint64_t left = stopAt_ - planned_;
  if (!unknownOffered_ && script_.unknownAt > planned_) left = std::min(left, script_.unknownAt - planned_);
  if (script_.flushEvery) left = std::min(left, script_.flushEvery - device.planned % script_.flushEvery);
  if (left > script_.transferSize) return left;
  return (left + script_.blockSize - 1) / script_.blockSize * script_.blockSize;
}

uint32_t ServerHalf::transferSize(Device& device) const {
  uint64_t size = script_.transferSize;
  if (script_.tiny) size = script_.tiny;
  const uint32_t blocks = script_.transferSize / script_.blockSize;
  if (script_.mixed) size = (1 + nextRandom(device.random) % blocks) * script_.blockSize;
  size = std::min(size, toBoundary(device));
  if (!script_.restore) size = std::min(size, device.remaining);
  return static_cast<uint32_t>(size);
}

bool ServerHalf::planTransfer(Device& device) {
  if (device.planEnded || (!script_.restore && device.remaining == 0)) return false;
  planUnknown(device);
  const uint32_t size = transferSize(device);
  const uint64_t before = device.planned;
  device.plan.push_back({script_.restore ? VDC_Read : VDC_Write, size});
  free_--;
  planned_ += size;
  device.planned += size;
  planUnknown(device);
  if (script_.restore) return true;
  device.remaining -= size;
  const bool flush = script_.flushEvery && device.planned / script_.flushEvery != before / script_.flushEvery;
  if (flush) device.plan.push_back({VDC_Flush});
  if (device.remaining == 0 && planned_ < stopAt_) planEnd(device);
  return true;
}

void ServerHalf::planUnknown(Device& device) {
  if (unknownOffered_ || planned_ < script_.unknownAt) return;
  unknownOffered_ = true;
  device.plan.push_back({script_.unknownCode});
}

void ServerHalf::planEnd(Device& device) {
  const bool complete = completeEnabled();
  if (!script_.restore) {
    device.plan.push_back({VDC_Flush});
    device.plan.back().last = !complete;
  }
  if (complete) {
    device.plan.push_back({VDC_Complete});
    device.plan.back().last = true;
  }
  device.planEnded = true;
}

// The scripted end of the data: an error, silence, or a server that has read enough.
void ServerHalf::stop() {
  halted_ = true;
  const bool silent = stopAt_ == script_.silenceAt;
  if (stopAt_ == script_.errorAt) failed_ = failedByServer_ = true;
  for (auto& device : devices_) {
    std::deque<PlannedCommand> kept;
    for (const PlannedCommand& planned : device->plan) {
      if (isData(planned.code)) kept.push_back(planned);
    }
    device->plan.swap(kept);
    device->planEnded = !silent;
  }
}

void ServerHalf::dropPlan(Device& device) {
  for (const PlannedCommand& planned : device.plan) free_ += isData(planned.code) ? 1 : 0;
  device.plan.clear();
  device.planEnded = true;
}

// An error on a device that is not removable is final: what was queued never reaches the client.
void ServerHalf::fail(Device& device) {
  if (!failed_) failed_ = true;
  halted_ = true;
  const bool clearing = !device.plan.empty() && device.plan.front().code == VDC_ClearError;
  for (auto& other : devices_) {
    const bool keeps = !other->plan.empty() && other->plan.front().code == VDC_ClearError;
    if (!keeps) dropPlan(*other);
  }
  if (!clearing) device.plan.push_back({VDC_ClearError});
}

void ServerHalf::cancel() {
  halted_ = true;
  for (auto& device : devices_) dropPlan(*device);
}

// ---- handing out

bool ServerHalf::quiet(const Device& device, const PlannedCommand& planned) const {
  if (isData(planned.code) || planned.code == script_.unknownCode) return true;
  if (device.outstanding > 0) return false;
  return !script_.barrier || failed_ || !device.planEnded || !othersWriting(device);
}

uint64_t ServerHalf::delayOf(const PlannedCommand& planned) const {
  uint64_t delay = script_.slowMilliseconds;
  if (planned.code == VDC_Flush) delay += script_.holdFlushMilliseconds;
  if (planned.code == VDC_Complete) delay += script_.holdCompleteMilliseconds;
  return delay;
}

ServerHalf::Step ServerHalf::next(Device& device, Clock::time_point now) {
  if (device.plan.empty()) {
    const bool closed = begun_ && device.planEnded && device.outstanding == 0;
    return {closed ? Offer::closed : Offer::wait, Clock::time_point::max()};
  }
  PlannedCommand& front = device.plan.front();
  if (!quiet(device, front)) return {Offer::wait, Clock::time_point::max()};
  if (!front.timed) {
    front.timed = true;
    front.notBefore = now + std::chrono::milliseconds(delayOf(front));
  }
  if (front.notBefore > now) return {Offer::wait, front.notBefore};
  return {Offer::command, now};
}

Command& ServerHalf::deliver(Device& device) {
  const PlannedCommand planned = device.plan.front();
  device.plan.pop_front();
  while (device.commands[device.nextCommand].state == Command::delivered) {
    device.nextCommand = (device.nextCommand + 1) % device.commands.size();
  }
  Command& command = device.commands[device.nextCommand];
  device.nextCommand = (device.nextCommand + 1) % device.commands.size();
  command.state = Command::delivered;
  command.code = planned.code;
  command.size = planned.size;
  command.last = planned.last;
  command.buffer = isData(planned.code) ? pool_.take() : nullptr;
  command.wire = {planned.code, static_cast<int32_t>(planned.size), 0, command.buffer};
  device.outstanding++;
  return command;
}

bool ServerHalf::fill(Device& device, Command& command) {
  if (command.code != VDC_Write) return true;
  std::lock_guard<std::mutex> copying(device.copying);
  return device.source.read(command.buffer, command.size);
}

// ---- taking back

Command* ServerHalf::outstanding(Device& device, const VDC_Command* wire, bool& seenBefore) {
  seenBefore = false;
  for (Command& command : device.commands) {
    if (&command.wire != wire) continue;
    seenBefore = command.state == Command::completed;
    return command.state == Command::delivered ? &command : nullptr;
  }
  return nullptr;
}

bool ServerHalf::store(Device& device, const Command& command, uint64_t bytes) {
  if (command.code != VDC_Read) return true;
  std::lock_guard<std::mutex> copying(device.copying);
  return device.sink.take(command.buffer, static_cast<size_t>(std::min<uint64_t>(bytes, command.size)));
}

void ServerHalf::takeBack(Device& device, Command& command) {
  command.state = Command::completed;
  device.outstanding--;
  if (!command.buffer) return;
  pool_.giveBack(command.buffer);
  command.buffer = nullptr;
  free_++;
}

ServerHalf::Completed ServerHalf::completed(Device& device, Command& command, int32_t code, uint64_t bytes) {
  takeBack(device, command);
  const bool data = isData(command.code);
  const bool ended = command.code == VDC_Read && (code == ERROR_HANDLE_EOF_ || code == ERROR_NO_DATA_DETECTED_);
  if (data && (code == 0 || ended)) bytesDone_ += std::min<uint64_t>(bytes, command.size);
  if (!data && command.code == script_.unknownCode && unknownOffered_ && !command.last) return Completed::unknown;
  if (ended) {
    if (!device.planEnded) {
      dropPlan(device);
      planEnd(device);
    }
    planAhead();
    return Completed::endOfData;
  }
  if (command.code == VDC_ClearError) return Completed::ok;
  if (code != 0 || (data && bytes < command.size)) {
    fail(device);
    return code != 0 ? Completed::error : Completed::ok;
  }
  if (command.last) device.answered = true;
  planAhead();
  return Completed::ok;
}

// ---- questions

bool ServerHalf::through() const {
  return begun_ && std::all_of(devices_.begin(), devices_.end(), [](const auto& device) {
           return device->planEnded && device->plan.empty() && device->outstanding == 0;
         });
}

bool ServerHalf::completeMissing() const {
  if (!completeEnabled() || failed_ || halted_) return false;
  return std::any_of(devices_.begin(), devices_.end(), [](const auto& device) { return !device->answered; });
}

bool ServerHalf::othersWriting(const Device& device) const {
  return std::any_of(devices_.begin(), devices_.end(), [&](const auto& other) {
    if (other.get() == &device) return false;
    const bool dataWithClient = std::any_of(other->commands.begin(), other->commands.end(), [](const Command& command) {
      return command.state == Command::delivered && isData(command.code);
    });
    return dataWithClient || !other->planEnded || (!other->plan.empty() && isData(other->plan.front().code));
  });
}

int ServerHalf::outstandingCommands() const {
  int sum = 0;
  for (const auto& device : devices_) sum += device->outstanding;
  return sum;
}

void ServerHalf::release() {
  pool_.close();
  for (auto& device : devices_) {
    device->source.close();
    device->sink.close();
  }
}

}  // namespace standin
