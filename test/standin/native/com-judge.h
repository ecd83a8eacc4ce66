// What COM asks of a client, judged: the apartment of every calling thread, live objects, reference counts, the right
// `this`. Written to the judge's log as `COM …` lines and breaches. A test double, never shipped.
#pragma once

#include <windows.h>

#include <atomic>
#include <cstdint>

#include "judge.h"

namespace standin {

// The COM side of one object. Objects are never freed: a client that uses a released pointer is to meet the judge.
class ComObject {
 public:
  ComObject(Judge& judge, const char* kind);
  // First in every method. `outsideApartment` calls are breaches but are carried out: the judge changes no answer.
  void enter(const char* method);
  ULONG addReference();
  ULONG release();
  ULONG references() const { return references_; }
  const char* kind() const { return kind_; }

 private:
  static constexpr uint32_t kAlive = 0x56444921;
  uint32_t mark_ = kAlive;  // anything else: `this` is not one of ours
  Judge& judge_;
  const char* kind_;
  std::atomic<ULONG> references_{1};
};

}  // namespace standin
