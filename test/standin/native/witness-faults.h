// The faults the I/O witness injects, as VDI_WITNESS_FAULT orders them. A test double's instrument, never shipped.
#pragma once

#include <cstdint>
#include <string>

namespace witness {

struct Fault {
  int error = 0;         // errno to fail with; 0: none
  bool halved = false;   // write only half
  uint64_t delay = 0;    // milliseconds to wait first
};

// Counts this call against every order that matches it and tells what is to go wrong.
Fault faultOf(const char* call, const std::string& path);
void sleepFor(uint64_t milliseconds);
const char* errorName(int error);

}  // namespace witness
