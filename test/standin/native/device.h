// One virtual device as the server half sees it. A test double, never shipped.
// Everything but `copying`'s subjects (source, sink) is guarded by the device set's lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "recipe.h"
#include "sink.h"
#include "vdi-constants.h"

namespace standin {

using Clock = std::chrono::steady_clock;

// A command the server half has decided on but not handed out. A planned transfer has a buffer set aside for it.
struct PlannedCommand {
  int32_t code;
  uint32_t size = 0;
  bool last = false;  // its success completes the device
  bool timed = false;
  Clock::time_point notBefore{};
};

struct Command {
  enum State { idle, delivered, completed };
  VDC_Command wire{};  // what the client sees; stays first
  State state = idle;
  bool last = false;
  int32_t code = 0;
  uint32_t size = 0;
  uint8_t* buffer = nullptr;
};

struct Device {
  int index = 0;
  std::string name;
  bool opened = false;
  bool closeSeen = false;  // the client was told VD_E_CLOSE
  std::condition_variable wake;
  int waiting = 0;

  std::deque<PlannedCommand> plan;
  bool planEnded = false;      // nothing will be added to the plan
  uint64_t remaining = 0;      // bytes not planned yet (backup)
  uint64_t planned = 0;
  uint64_t random = 1;
  std::vector<Command> commands;  // reused in turn, so that a second completion is still recognised
  size_t nextCommand = 0;
  int outstanding = 0;
  bool answered = false;       // the last command was answered 0

  std::mutex copying;
  Recipe source;
  Sink sink;
};

}  // namespace standin
