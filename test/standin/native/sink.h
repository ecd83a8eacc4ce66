// Where the bytes of one device of a restore go: a file, or only a count. A test double, never shipped.
#pragma once

#include <cstdint>
#include <string>

#include "platform.h"

namespace standin {

class Sink {
 public:
  bool open(const std::string& description);  // `file:PATH` or `count:`
  bool take(const uint8_t* bytes, size_t length);
  void close() { file_.close(); }

 private:
  platform::File file_;
};

}  // namespace standin
