// The server's side of one device set: plans commands for all devices over the one pool of buffers, and takes their
// completions. A test double, never shipped. No locks of its own but the devices' `copying`: the device set calls it
// under its lock, except `fill` and `store`, which move the bytes.
//
// Nothing runs in the background: transfers are planned round-robin over the devices, as far as the pool reaches,
// exactly as if the server had filled the buffers ahead, but the bytes are copied on the thread that asks for them.
// So a client that serves its devices one after another starves, as on the real server, and nobody wakes for nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "buffer-pool.h"
#include "device.h"
#include "script.h"

namespace standin {

class ServerHalf {
 public:
  enum class Offer { command, wait, closed };
  struct Step {
    Offer offer;
    Clock::time_point notBefore;  // of a `wait` that time alone will end; else time_point::max()
  };
  enum class Completed { ok, error, endOfData, unknown };

  explicit ServerHalf(size_t devices);
  bool begin(const Script& script, const VDConfig& asked, std::string& why);
  void describe(VDConfig& config) const;
  const Script& script() const { return script_; }

  size_t size() const { return devices_.size(); }
  Device& device(size_t index) { return *devices_[index]; }
  Device* find(const std::string& name);

  Step next(Device& device, Clock::time_point now);
  Command& deliver(Device& device);
  bool fill(Device& device, Command& command);                  // without the lock
  bool store(Device& device, const Command& command, uint64_t bytes);  // without the lock
  Command* outstanding(Device& device, const VDC_Command* wire, bool& seenBefore);
  Completed completed(Device& device, Command& command, int32_t code, uint64_t bytes);
  void takeBack(Device& device, Command& command);
  void cancel();  // abort: nothing more is offered, the plan is dropped

  bool through() const;  // every device closed
  bool failed() const { return failed_; }
  bool failedByServer() const { return failedByServer_; }
  bool completeMissing() const;
  bool othersWriting(const Device& device) const;
  int outstandingCommands() const;
  uint64_t bytesDone() const { return bytesDone_; }
  uint64_t bytesExpected() const { return bytesExpected_; }
  void release();  // buffers become untouchable, sources and sinks are closed

 private:
  void planAhead();
  bool planTransfer(Device& device);
  uint32_t transferSize(Device& device) const;
  uint64_t toBoundary(const Device& device) const;
  void planUnknown(Device& device);
  void planEnd(Device& device);
  void stop();
  void dropPlan(Device& device);
  void fail(Device& device);
  bool quiet(const Device& device, const PlannedCommand& planned) const;
  uint64_t delayOf(const PlannedCommand& planned) const;
  bool completeEnabled() const;

  std::vector<std::unique_ptr<Device>> devices_;
  Script script_;
  VDConfig asked_{};
  BufferPool pool_;
  size_t free_ = 0;  // buffers not set aside for a planned transfer and not with the client
  size_t turn_ = 0;
  bool begun_ = false;
  bool halted_ = false;  // nothing more is planned
  bool failed_ = false;
  bool failedByServer_ = false;
  bool unknownOffered_ = false;
  uint64_t stopAt_ = kNever;
  uint64_t planned_ = 0;
  uint64_t bytesDone_ = 0;
  uint64_t bytesExpected_ = 0;
};

}  // namespace standin
