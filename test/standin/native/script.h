// What the TDS half ordered for one statement: shape, sources or sinks, and the scripted faults.
// A test double, never shipped. Values only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "control-line.h"

namespace standin {

constexpr uint64_t kNever = UINT64_MAX;

// The number-th call of `call` answers `result`; with `abort` it also finds the set aborted by the server.
struct CallFault {
  std::string call;
  uint64_t number = 0;
  int32_t result = 0;
  bool abort = false;
};

struct Script {
  // `devices` is the client's deviceCount: the lists are split with it in mind.
  static Script parse(const ControlLine& line, size_t devices);
  const CallFault* fault(const char* call, uint64_t number) const;

  bool restore = false;
  std::vector<std::string> names;
  std::vector<std::string> files;  // recipes (backup) or sinks (restore), one per device
  uint32_t blockSize = 512;
  uint32_t transferSize = 65536;
  uint32_t buffers = 1;
  bool complete = false;

  std::vector<CallFault> faults;
  uint64_t flushEvery = 0;
  uint32_t tiny = 0;
  bool mixed = false;
  uint64_t mixedSeed = 0;
  uint64_t slowMilliseconds = 0;
  uint64_t holdCompleteMilliseconds = 0;
  uint64_t holdFlushMilliseconds = 0;
  uint64_t errorAt = kNever;
  uint64_t silenceAt = kNever;
  uint64_t limit = kNever;
  std::string directionBit;
  int32_t unknownCode = 0;
  uint64_t unknownAt = kNever;
  bool silentAbort = false;
  std::string noise;
  bool barrier = false;
  bool guard = false;
};

std::vector<CallFault> parseCallFaults(const ControlLine& line);

}  // namespace standin
