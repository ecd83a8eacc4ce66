// The transfer buffers of one device set: one pool shared by all devices. A test double, never shipped.
// Buffers lie between untouchable pages and become untouchable themselves when the set closes, for good:
// a client that keeps an address crashes at once instead of reading someone else's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace standin {

class BufferPool {
 public:
  bool allocate(uint32_t count, uint32_t bytes, uint32_t prefixBytes, uint32_t alignment, bool guard);
  uint8_t* take();  // null when empty
  void giveBack(uint8_t* buffer);
  void close();
  uint64_t areaBytes() const { return areaBytes_; }
  size_t available() const { return free_.size(); }

 private:
  uint8_t* area_ = nullptr;
  uint64_t areaBytes_ = 0;
  uint64_t prefix_ = 0;  // rounded up, in front of each buffer
  uint64_t usable_ = 0;  // prefix and buffer
  bool guard_ = false;
  std::vector<uint8_t*> free_;
};

}  // namespace standin
