// One device set from Create to Close: the literal state machine of the client's contract, the blocking waits, and the
// talk with the TDS half. A test double, never shipped. Platform-neutral: the ABI shells (the Linux library, the COM
// DLL) only translate arguments. Every public call may come from any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control-channel.h"
#include "judge.h"
#include "server-half.h"

namespace standin {

enum class State { doesNotExist, configurable, initializing, active, normallyTerminated, abort };

class DeviceSet : public std::enable_shared_from_this<DeviceSet> {
 public:
  // A set object of the ABI lives through several Create…Close rounds; each round is a DeviceSet of its own, so that
  // stale device pointers still find the round they belong to. Rounds are kept until the process ends.
  static std::shared_ptr<DeviceSet> fresh(uint64_t createCalls = 0);
  // The round a Create on this object belongs to: this one, or the next where this one was closed.
  std::shared_ptr<DeviceSet> forCreate();

  int32_t create(const std::string& name, const VDConfig& asked);
  int32_t getConfiguration(int64_t timeoutMilliseconds, VDConfig& config);
  int32_t openDevice(const std::string& name, int& device);
  int32_t close();
  int32_t signalAbort();
  int32_t unsupported(const char* call);
  int32_t getCommand(int device, int64_t timeoutMilliseconds, VDC_Command** command);
  int32_t completeCommand(int device, VDC_Command* command, int32_t code, uint64_t bytes);
  void abandoned(const char* how);  // the object is destroyed, or the process ends

 private:
  using Lock = std::unique_lock<std::mutex>;

  // Marks a call that may block or copy, for the judge and for Close. Made and destroyed under the lock.
  struct Inside {
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

  int32_t protocol(const char* call);
  bool faulted(const char* call, uint64_t number, int32_t& result);
  uint64_t count(const char* call);
  void become(State state);
  void abort(const char* by, const char* status);
  void reportEnd(const char* status, const char* by);
  void reportThrough();
  void reportProgress();
  void wakeReady();
  void wakeAll();
  bool released() const { return closed_ || (state_ == State::abort && !deaf_); }
  bool waitUntil(Lock& lock, std::condition_variable& wake, Clock::time_point until);

  int32_t connect(const std::string& name, const VDConfig& asked);
  void heard(const std::string& line);
  void begin(const ControlLine& line);
  void dropped();
  void checkServerTimeout();

  int32_t waitForConfiguration(Lock& lock, int64_t timeoutMilliseconds);
  int32_t waitForCommand(Lock& lock, Device& device, int64_t timeoutMilliseconds, VDC_Command** command);
  int32_t handOut(Lock& lock, Device& device, VDC_Command** command);
  int32_t closeDevice(Device& device);
  int32_t takeCompletion(Lock& lock, Device& device, Command& command, int32_t code, uint64_t bytes);
  void judgeCompletion(Device& device, const Command& command, int32_t code, uint64_t bytes);
  void judgeClosing(const char* call);
  void shut();

  std::mutex lock_;
  std::condition_variable configured_;
  std::condition_variable copied_;
  Judge judge_;
  ControlChannel channel_;
  std::unique_ptr<ServerHalf> server_;
  VDConfig asked_{};
  std::string name_;
  State state_ = State::doesNotExist;
  std::map<std::string, uint64_t> calls_;
  std::vector<CallFault> earlyFaults_;  // from the environment: they exist before `begin`
  bool begun_ = false;
  bool told_ = false;      // `configured` was sent
  bool ended_ = false;     // `ended` was sent
  bool closed_ = false;    // the client called Close
  bool deaf_ = false;      // silent-abort: waits that are under way stay
  int inside_ = 0;         // calls that may block or copy
  int copying_ = 0;        // threads moving bytes without the lock
  uint64_t reportedBytes_ = 0;
  uint64_t reportedAt_ = 0;
  uint64_t lastCompletion_ = 0;
};

}  // namespace standin
