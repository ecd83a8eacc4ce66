// The judge of the stand-in (a test double, never shipped): log lines and the rules behind each BREACH.
#include "judge.h"

#include <cstdio>

namespace standin {

std::string resultName(int32_t result) {
  static const std::map<int32_t, const char*> names = {
      {NOERROR_, "NOERROR"},
      {VD_E_NOTOPEN, "VD_E_NOTOPEN"},
      {VD_E_TIMEOUT, "VD_E_TIMEOUT"},
      {VD_E_ABORT, "VD_E_ABORT"},
      {VD_E_SECURITY, "VD_E_SECURITY"},
      {VD_E_INVALID, "VD_E_INVALID"},
      {VD_E_INSTANCE_NAME, "VD_E_INSTANCE_NAME"},
      {VD_E_NOTSUPPORTED, "VD_E_NOTSUPPORTED"},
      {VD_E_MEMORY, "VD_E_MEMORY"},
      {VD_E_UNEXPECTED, "VD_E_UNEXPECTED"},
      {VD_E_PROTOCOL, "VD_E_PROTOCOL"},
      {VD_E_OPEN, "VD_E_OPEN"},
      {VD_E_CLOSE, "VD_E_CLOSE"},
      {VD_E_BUSY, "VD_E_BUSY"},
  };
  const auto found = names.find(result);
  if (found != names.end()) return found->second;
  char text[16];
  snprintf(text, sizeof text, "0x%08X", static_cast<uint32_t>(result));
  return text;
}

std::string commandName(int32_t code) {
  switch (code) {
    case VDC_Read: return "Read";
    case VDC_Write: return "Write";
    case VDC_ClearError: return "ClearError";
    case VDC_Flush: return "Flush";
    case VDC_Complete: return "Complete";
    default: return std::to_string(code);
  }
}

static std::string formatted(const char* format, va_list values) {
  char text[1024];
  vsnprintf(text, sizeof text, format, values);
  return text;
}

Judge::Judge() {
  const std::string path = platform::environment("VDI_STANDIN_LOG");
  if (!path.empty()) log_.openForAppending(path);
}

void Judge::write(const std::string& text) {
  if (!listening()) return;
  char head[64];
  snprintf(head, sizeof head, "%llu %llu ", static_cast<unsigned long long>(platform::monotonicNanoseconds()),
           static_cast<unsigned long long>(platform::threadId()));
  const std::string line = head + text + "\n";
  log_.write(line.data(), line.size());
}

void Judge::call(int32_t result, const char* format, ...) {
  if (!listening()) return;
  va_list values;
  va_start(values, format);
  write(formatted(format, values) + " -> " + resultName(result));
  va_end(values);
}

void Judge::note(const char* format, ...) {
  if (!listening()) return;
  va_list values;
  va_start(values, format);
  write("NOTE " + formatted(format, values));
  va_end(values);
}

void Judge::state(const char* from, const char* to) { write(std::string("STATE ") + from + " -> " + to); }

void Judge::breach(const char* code, const char* format, ...) {
  if (!listening()) return;
  va_list values;
  va_start(values, format);
  write(std::string("BREACH ") + code + " " + formatted(format, values));
  va_end(values);
}

void Judge::entered(int device, const char* call) {
  std::multiset<uint64_t>& users = users_[device];
  if (!users.empty()) breach("thread", "%s: another thread is inside device=%d", call, device);
  users.insert(platform::threadId());
}

void Judge::left(int device) {
  std::multiset<uint64_t>& users = users_[device];
  const auto found = users.find(platform::threadId());
  if (found != users.end()) users.erase(found);
}

// Why a completion code is not one the contract allows for this command; null where it is.
static const char* codeFault(int32_t command, int32_t code) {
  if (code < 0 || code > 0xFFFF) return "completion codes are Win32 codes";
  if (code == ERROR_NOT_SUPPORTED_) return "the command must be supported";
  if (code == ERROR_END_OF_MEDIA_ || code == ERROR_FILEMARK_DETECTED_) return "a code of removable media or tape";
  const bool ended = code == ERROR_HANDLE_EOF_ || code == ERROR_NO_DATA_DETECTED_;
  if (ended && command != VDC_Read) return "only a Read may meet the end of the data";
  const bool full = code == ERROR_DISK_FULL_ || code == ERROR_HANDLE_DISK_FULL_;
  if (full && command == VDC_Read) return "a Read cannot meet a full disk";
  if (code != 0 && command == VDC_ClearError) return "ClearError is answered 0";
  return nullptr;
}

static bool known(int32_t command) {
  return command == VDC_Read || command == VDC_Write || command == VDC_ClearError || command == VDC_Flush ||
         command == VDC_Complete;
}

void Judge::completed(const Completion& completion) {
  const int32_t command = completion.command;
  const std::string name = commandName(command);
  if (!known(command)) {
    if (completion.code != ERROR_NOT_SUPPORTED_) {
      breach("unknown-command-completed", "device=%d command %s answered %d, not 50", completion.device, name.c_str(),
             completion.code);
    }
    return;
  }
  if (const char* fault = codeFault(command, completion.code)) {
    breach("code", "device=%d %s answered %d: %s", completion.device, name.c_str(), completion.code, fault);
  }
  const bool data = command == VDC_Read || command == VDC_Write;
  const auto bytes = static_cast<unsigned long long>(completion.bytes);
  if (data && completion.code == 0 && completion.bytes != completion.size) {
    breach("short-success", "device=%d %s of %u bytes answered 0 with %llu bytes", completion.device, name.c_str(),
           completion.size, bytes);
  } else if (data && completion.bytes > completion.size) {
    breach("code", "device=%d %s of %u bytes claims %llu bytes", completion.device, name.c_str(), completion.size,
           bytes);
  }
  if (!data && completion.code == 0 && command != VDC_ClearError) judgeDurability(completion);
}

// Every device answers for its own file, which the witness knows by the order of birth. A client that writes no
// such files (standard output) answers for all it wrote.
void Judge::judgeDurability(const Completion& completion) {
  using Unsynced = uint64_t (*)();
  using UnsyncedPartial = uint64_t (*)(unsigned);
  static const auto unsynced = reinterpret_cast<Unsynced>(platform::findSymbol("vdi_witness_unsynced"));
  static const auto partial = reinterpret_cast<UnsyncedPartial>(platform::findSymbol("vdi_witness_unsynced_partial"));
  if (!unsynced || !partial) return;
  const uint64_t own = partial(static_cast<unsigned>(completion.device));
  const uint64_t bytes = own == UINT64_MAX ? unsynced() : own;
  if (bytes > 0) {
    breach("not-durable", "device=%d %s answered 0 with %llu bytes unsynced", completion.device,
           commandName(completion.command).c_str(), static_cast<unsigned long long>(bytes));
  }
}

void Judge::inactiveCompletion(int device, bool seenBefore) {
  breach("double-completion", "device=%d %s", device,
         seenBefore ? "the command was completed before" : "no such command was ever delivered");
}

void Judge::abortSignalled() {
  if (abortSeen_) breach("abort-twice", "SignalAbort was called before on this set");
  abortSeen_ = true;
}

void Judge::closing(const Closing& closing) {
  if (closing.threadsInside > 0) {
    breach("close-with-thread", "%s while %d calls are inside the set", closing.call, closing.threadsInside);
  }
  if (closing.outstanding > 0 && !closing.aborted) {
    breach("close-with-command", "%s while %d commands are not completed", closing.call, closing.outstanding);
  }
  if (closing.completeMissing && !closing.aborted) {
    breach("no-complete-answer", "%s before VDC_Complete was answered", closing.call);
  }
}

void Judge::abandoned(const char* how) { breach("no-close", "%s with a live set whose devices were opened", how); }

}  // namespace standin
