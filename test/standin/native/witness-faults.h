// The faults the I/O witness injects, as VDI_WITNESS_FAULT orders them. A test double's instrument, never shipped.
#pragma once

#include <string>

namespace witness {

struct Fault {
  int error = 0;         // errno to fail with; 0: none
  bool halved = false;   // write only half
};

// Counts this call against every order that matches it, sleeps where one says so, and tells what is to go wrong.
Fault faultOf(const char* call, const std::string& path);
const char* errorName(int error);

}  // namespace witness
