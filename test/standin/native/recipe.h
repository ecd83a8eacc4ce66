// The bytes of one device of a backup, in order, as a recipe file lists them. A test double, never shipped.
// Never holds more of its sources than one small repeated piece: the client's memory is what is being measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform.h"

namespace standin {

class Recipe {
 public:
  ~Recipe() { close(); }
  bool load(const std::string& path, std::string& why);
  uint64_t length() const { return length_; }
  bool read(uint8_t* into, size_t bytes);  // the next bytes; false when a source fails
  void close();

 private:
  struct Piece {
    std::string path;
    uint64_t offset;
    uint64_t length;
    uint64_t count;
  };
  bool add(const std::string& line, std::string& why);
  bool enter();
  bool copy(uint64_t at, uint8_t* into, size_t bytes);

  std::vector<Piece> pieces_;
  uint64_t length_ = 0;
  std::string measured_;
  int64_t measuredSize_ = -1;
  size_t piece_ = 0;
  uint64_t done_ = 0;  // of the present piece, repetitions included
  platform::File source_;
  const uint8_t* mapped_ = nullptr;
  size_t mappedBytes_ = 0;
};

}  // namespace standin
