// Everything the stand-in asks of the operating system: one implementation per system, chosen by the build.
// A test double, never shipped. No VDI knowledge here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace standin::platform {

std::string environment(const char* name);  // "" where unset
uint64_t monotonicNanoseconds();
uint64_t threadId();
uint32_t processId();
void* findSymbol(const char* name);                // in the whole process; null where absent
void writeToConsole(const std::string& text);      // twice: unbuffered, and through the C library where it shares the host's
void blockSignals();                               // for threads that must not run the host's signal handlers
void atProcessExit(void (*handler)());

size_t pageSize();
uint8_t* reserveMemory(size_t bytes);              // address space only: touching it crashes; null on failure
bool makeUsable(uint8_t* address, size_t bytes);
void makeUntouchable(uint8_t* address, size_t bytes);  // contents stay
void discard(uint8_t* address, size_t bytes);      // frees the memory, keeps the addresses reserved and untouchable

// A file of the stand-in's own. Opened past the C library's wrappers, so the I/O witness never counts it as the client's.
class File {
 public:
  File() = default;
  File(File&& other) noexcept : handle_(other.handle_) { other.handle_ = -1; }
  File& operator=(File&& other) noexcept;
  ~File() { close(); }
  bool openForReading(const std::string& path);
  bool create(const std::string& path);
  bool openForAppending(const std::string& path);
  bool isOpen() const { return handle_ != -1; }
  int64_t size() const;                                             // -1 on failure
  bool readAt(uint64_t offset, uint8_t* into, size_t bytes) const;  // all or nothing
  bool write(const void* from, size_t bytes);
  const uint8_t* map(size_t bytes) const;                           // whole pages from offset 0; null on failure
  static void unmap(const uint8_t* address, size_t bytes);
  void close();

 private:
  intptr_t handle_ = -1;
};

class Socket {
 public:
  ~Socket() { close(); }
  bool connectTo(const std::string& host, uint16_t port);
  bool send(const std::string& text);
  // Bytes received, 0 when the peer is gone, -1 when `timeoutMilliseconds` passed (negative waits for ever).
  int receive(char* into, size_t bytes, int timeoutMilliseconds);
  void shutDown();
  void close();

 private:
  intptr_t handle_ = -1;
};

}  // namespace standin::platform
