// Reading a `begin` line into a Script, for the stand-in (a test double, never shipped).
#include "script.h"

#include <cstdlib>

#include "vdi-constants.h"

namespace standin {

static uint64_t numberOf(const std::string& text) { return strtoull(text.c_str(), nullptr, 0); }

static void addFaults(std::vector<CallFault>& faults, const ControlLine& line, const char* key, bool abort) {
  for (const std::string& one : line.list(key, 0)) {
    const std::vector<std::string> parts = splitText(one, ':');
    if (parts.size() < (abort ? 2u : 3u)) continue;
    CallFault fault{parts[0], numberOf(parts[1]), VD_E_ABORT, abort};
    if (!abort) fault.result = static_cast<int32_t>(static_cast<uint32_t>(numberOf(parts[2])));
    if (abort && fault.call == "Create") fault.result = VD_E_MEMORY;
    faults.push_back(fault);
  }
}

std::vector<CallFault> parseCallFaults(const ControlLine& line) {
  std::vector<CallFault> faults;
  addFaults(faults, line, "abort-at", true);
  addFaults(faults, line, "code", false);
  return faults;
}

static void readHabits(Script& script, const ControlLine& line) {
  script.flushEvery = line.number("flushes", 0);
  script.tiny = static_cast<uint32_t>(line.number("tiny", 0));
  script.mixed = line.has("mixed");
  script.mixedSeed = line.number("mixed", 0);
  script.slowMilliseconds = line.number("slow", 0);
  script.holdCompleteMilliseconds = line.number("hold-complete", 0);
  script.holdFlushMilliseconds = line.number("hold-flush", 0);
  script.directionBit = line.text("direction-bit");
  script.noise = line.text("noise");
  script.barrier = line.number("barrier", 0) != 0;
  script.guard = line.number("guard", 0) != 0;
}

static void readStops(Script& script, const ControlLine& line) {
  script.errorAt = line.number("error-at", kNever);
  script.silenceAt = line.number("silence-at", kNever);
  script.limit = line.number("limit", kNever);
  script.silentAbort = line.number("silent-abort", 0) != 0;
  const std::vector<std::string> unknown = splitText(line.text("unknown-command"), ':');
  if (unknown.size() == 2) {
    script.unknownCode = static_cast<int32_t>(numberOf(unknown[0]));
    script.unknownAt = numberOf(unknown[1]);
  }
}

Script Script::parse(const ControlLine& line, size_t devices) {
  Script script;
  script.restore = line.text("direction") == "restore";
  script.names = line.list("names", devices);
  script.files = line.list(script.restore ? "sink" : "recipe", devices);
  script.blockSize = static_cast<uint32_t>(line.number("blocksize", script.blockSize));
  script.transferSize = static_cast<uint32_t>(line.number("transfersize", script.transferSize));
  script.buffers = static_cast<uint32_t>(line.number("buffers", script.buffers));
  script.complete = line.number("complete", 0) != 0;
  script.faults = parseCallFaults(line);
  readHabits(script, line);
  readStops(script, line);
  return script;
}

const CallFault* Script::fault(const char* call, uint64_t number) const {
  for (const CallFault& fault : faults) {
    if (fault.number == number && fault.call == call) return &fault;
  }
  return nullptr;
}

}  // namespace standin
