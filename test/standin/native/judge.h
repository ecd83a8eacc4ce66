// The judge: writes down every call and every breach of the client's side of the contract.
// A test double, never shipped.
// The log file is the only verdict; the judge never changes what a call answers.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "platform.h"
#include "vdi-constants.h"

namespace standin {

std::string resultName(int32_t result);
std::string commandName(int32_t code);

class Judge {
 public:
  Judge();  // opens $VDI_STANDIN_LOG; without it nothing is kept
  bool listening() const { return log_.isOpen(); }

  void call(int32_t result, const char* format, ...) __attribute__((format(printf, 3, 4)));
  void note(const char* format, ...) __attribute__((format(printf, 2, 3)));
  void state(const char* from, const char* to);
  void breach(const char* code, const char* format, ...) __attribute__((format(printf, 3, 4)));

  struct Completion {
    int device;
    int32_t command;
    uint32_t size;
    int32_t code;
    uint64_t bytes;
  };
  void completed(const Completion& completion);
  void inactiveCompletion(int device, bool seenBefore);

  struct Closing {
    const char* call;
    bool aborted;
    int outstanding;
    int threadsInside;
    bool completeMissing;
  };
  void closing(const Closing& closing);
  void abandoned(const char* how);
  void abortSignalled();
  void entered(int device, const char* call);
  void left(int device);

 private:
  void write(const std::string& text);
  void judgeDurability(const Completion& completion);
  platform::File log_;
  bool abortSeen_ = false;
  std::map<int, std::multiset<uint64_t>> users_;  // threads inside each device
};

}  // namespace standin
