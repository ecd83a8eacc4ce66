// The POSIX implementation of platform.h for the stand-in (a test double, never shipped).
#include "platform.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace standin::platform {

std::string environment(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

uint64_t monotonicNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t threadId() { return static_cast<uint64_t>(syscall(SYS_gettid)); }
uint32_t processId() { return static_cast<uint32_t>(getpid()); }
void* findSymbol(const char* name) { return dlsym(RTLD_DEFAULT, name); }

void writeToConsole(const std::string& text) {
  ssize_t ignored = ::write(1, text.data(), text.size());
  (void)ignored;
  printf("%s", text.c_str());
}

void blockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

void atProcessExit(void (*handler)()) { atexit(handler); }

size_t pageSize() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

uint8_t* reserveMemory(size_t bytes) {
  void* area = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return area == MAP_FAILED ? nullptr : static_cast<uint8_t*>(area);
}

bool makeUsable(uint8_t* address, size_t bytes) {
  return mprotect(address, bytes, PROT_READ | PROT_WRITE) == 0;
}

void makeUntouchable(uint8_t* address, size_t bytes) { mprotect(address, bytes, PROT_NONE); }

void discard(uint8_t* address, size_t bytes) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  if (mmap(address, bytes, PROT_NONE, flags, -1, 0) == MAP_FAILED) abort();
}

static int rawOpen(const std::string& path, int flags) {
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), flags | O_CLOEXEC, 0644));
}

File& File::operator=(File&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

bool File::openForReading(const std::string& path) {
  close();
  handle_ = rawOpen(path, O_RDONLY);
  return isOpen();
}

bool File::create(const std::string& path) {
  close();
  handle_ = rawOpen(path, O_WRONLY | O_CREAT | O_TRUNC);
  return isOpen();
}

bool File::openForAppending(const std::string& path) {
  close();
  handle_ = rawOpen(path, O_WRONLY | O_CREAT | O_APPEND);
  return isOpen();
}

int64_t File::size() const {
  struct stat facts {};
  return fstat(static_cast<int>(handle_), &facts) == 0 ? static_cast<int64_t>(facts.st_size) : -1;
}

bool File::readAt(uint64_t offset, uint8_t* into, size_t bytes) const {
  while (bytes > 0) {
    ssize_t got = pread(static_cast<int>(handle_), into, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into += got;
    offset += static_cast<uint64_t>(got);
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

bool File::write(const void* from, size_t bytes) {
  const char* next = static_cast<const char*>(from);
  while (bytes > 0) {
    long done = syscall(SYS_write, static_cast<int>(handle_), next, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    next += done;
    bytes -= static_cast<size_t>(done);
  }
  return true;
}

const uint8_t* File::map(size_t bytes) const {
  void* area = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, static_cast<int>(handle_), 0);
  return area == MAP_FAILED ? nullptr : static_cast<const uint8_t*>(area);
}

void File::unmap(const uint8_t* address, size_t bytes) {
  munmap(const_cast<uint8_t*>(address), bytes);
}

void File::close() {
  if (isOpen()) syscall(SYS_close, static_cast<int>(handle_));
  handle_ = -1;
}

bool Socket::connectTo(const std::string& host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return false;
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return false;
  handle_ = descriptor;
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close();
    return false;
  }
  int yes = 1;  // lines are short and their timing is what the tests look at
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return true;
}

bool Socket::send(const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    ssize_t done = ::send(static_cast<int>(handle_), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    sent += static_cast<size_t>(done);
  }
  return true;
}

int Socket::receive(char* into, size_t bytes, int timeoutMilliseconds) {
  pollfd waited{static_cast<int>(handle_), POLLIN, 0};
  int ready = poll(&waited, 1, timeoutMilliseconds);
  if (ready == 0 || (ready < 0 && errno == EINTR)) return -1;
  ssize_t got = recv(static_cast<int>(handle_), into, bytes, 0);
  return got > 0 ? static_cast<int>(got) : 0;
}

void Socket::shutDown() { ::shutdown(static_cast<int>(handle_), SHUT_RDWR); }

void Socket::close() {
  if (handle_ != -1) ::close(static_cast<int>(handle_));
  handle_ = -1;
}

}  // namespace standin::platform
