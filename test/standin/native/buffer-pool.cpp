// The transfer buffers of the stand-in (a test double, never shipped).
#include "buffer-pool.h"

#include <algorithm>

#include "platform.h"

namespace standin {

static uint64_t roundUp(uint64_t value, uint64_t step) { return (value + step - 1) / step * step; }

bool BufferPool::allocate(uint32_t count, uint32_t bytes, uint32_t prefixBytes, uint32_t alignment, bool guard) {
  const uint64_t step = std::max<uint64_t>(platform::pageSize(), alignment);
  guard_ = guard;
  prefix_ = roundUp(prefixBytes, step);
  usable_ = prefix_ + roundUp(bytes, platform::pageSize());
  const uint64_t stride = roundUp(usable_, step) + step;
  areaBytes_ = stride * count + 2 * step;
  area_ = platform::reserveMemory(areaBytes_);
  if (!area_) return false;
  const uint64_t first = roundUp(reinterpret_cast<uintptr_t>(area_), step) + step - reinterpret_cast<uintptr_t>(area_);
  for (uint32_t i = count; i-- > 0;) {
    uint8_t* start = area_ + first + stride * i;
    if (!guard_ && !platform::makeUsable(start, usable_)) return false;
    free_.push_back(start + prefix_);
  }
  return true;
}

uint8_t* BufferPool::take() {
  if (free_.empty()) return nullptr;
  uint8_t* buffer = free_.back();
  free_.pop_back();
  if (guard_) platform::makeUsable(buffer - prefix_, usable_);
  return buffer;
}

void BufferPool::giveBack(uint8_t* buffer) {
  if (guard_) platform::makeUntouchable(buffer - prefix_, usable_);
  free_.push_back(buffer);
}

void BufferPool::close() {
  if (area_) platform::discard(area_, areaBytes_);
  area_ = nullptr;
  free_.clear();
}

}  // namespace standin
