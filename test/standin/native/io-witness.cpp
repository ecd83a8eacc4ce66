// The I/O witness: loaded with LD_PRELOAD, it watches what the client does to files under $VDI_WITNESS_ROOT, writes it
// to the judge's log and injects ordered faults. A test double's instrument, never shipped. It is not a sandbox:
// descriptors elsewhere pass straight through, and bytes written through mappings or io_uring are not seen.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "witness-faults.h"
#include "witness-ledger.h"

#define WITNESSED extern "C" __attribute__((visibility("default")))

// These stand in for libc's own functions: their signatures are libc's.
#pragma GCC diagnostic ignored "-Wmissing-declarations"

namespace {

using witness::Fault;
using witness::FileRecord;

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// Each wrapper looks its original up once.
#define ORIGINAL(name) static const auto original = next<decltype(&name)>(#name)

std::string encoded(const std::string& path) {
  std::string out;
  char text[4];
  for (unsigned char c : path) {
    if (c > ' ' && c < 127 && c != '%') {
      out += static_cast<char>(c);
    } else {
      snprintf(text, sizeof text, "%%%02X", c);
      out += text;
    }
  }
  return out;
}

// One raw write per line to an O_APPEND file: lines of several threads do not mix, and no wrapper sees them.
void logLine(const char* kind, const std::string& text) {
  static const int file = [] {
    const char* path = getenv("VDI_STANDIN_LOG");
    if (!path || !*path) return -1;
    return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  }();
  if (file < 0) return;
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  char head[64];
  snprintf(head, sizeof head, "%lld %ld ", static_cast<long long>(at.tv_sec) * 1000000000 + at.tv_nsec,
           static_cast<long>(syscall(SYS_gettid)));
  const std::string line = std::string(head) + kind + " " + text + "\n";
  long ignored = syscall(SYS_write, file, line.data(), line.size());
  (void)ignored;
}

void log(const std::string& text, long result, int error) {
  logLine("IO", text + " -> " + (result < 0 ? witness::errorName(error) : std::to_string(result)));
}

// Before it acts: who waits for the moment in which a call hangs cannot wait for its result.
void announce(const Fault& fault, const std::string& text) {
  if (!fault.error && !fault.halved && !fault.delay) return;
  const std::string delay = fault.delay ? " sleep" + std::to_string(fault.delay) : "";
  logLine("FAULT", text + delay + (fault.halved ? " short" : "") +
                       (fault.error ? std::string(" ") + witness::errorName(fault.error) : ""));
}

// Runs `work` unless a fault is ordered, logs it, keeps errno as the caller must find it.
template <typename Work>
long watched(const char* call, const std::string& path, const std::string& more, Work work) {
  const Fault fault = witness::faultOf(call, path);
  announce(fault, std::string(call) + " " + encoded(path));
  if (fault.delay) witness::sleepFor(fault.delay);
  long result = -1;
  if (fault.error) {
    errno = fault.error;
  } else {
    result = work(fault);
  }
  const int error = errno;
  log(std::string(call) + " " + encoded(path) + more, result, error);
  errno = error;
  return result;
}

// ---- open

template <typename Open>
int openWatched(const char* call, int directory, const char* path, int flags, Open open) {
  const std::string whole = witness::absolute(directory, path);
  if (!witness::under(whole)) {
    const int descriptor = open();
    const int error = errno;
    if (descriptor >= 0) witness::opened(descriptor, flags);
    errno = error;
    return descriptor;
  }
  char more[32];
  snprintf(more, sizeof more, " flags=0x%x", static_cast<unsigned>(flags));
  return static_cast<int>(watched(call, whole, more, [&](const Fault&) {
    const int descriptor = open();
    const int error = errno;
    if (descriptor >= 0) witness::opened(descriptor, flags);
    errno = error;
    return static_cast<long>(descriptor);
  }));
}

mode_t modeOf(int flags, va_list values) {
  return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? static_cast<mode_t>(va_arg(values, int)) : 0;
}

// ---- write

template <typename Write>
ssize_t writeWatched(const char* call, int descriptor, size_t bytes, int64_t offset, Write write) {
  FileRecord* file = witness::recordOf(descriptor);
  if (!file) return write(bytes);
  const std::string more = " bytes=" + std::to_string(bytes) + (offset >= 0 ? " offset=" + std::to_string(offset) : "");
  return watched(call, witness::pathOf(file), more, [&](const Fault& fault) {
    const size_t wanted = fault.halved && bytes > 1 ? bytes / 2 : bytes;
    const ssize_t done = write(wanted);
    const int error = errno;
    if (done > 0) witness::wrote(file, static_cast<uint64_t>(done), witness::writesAreSynced(file, descriptor));
    errno = error;
    return static_cast<long>(done);
  });
}

// ---- read: nothing to keep books of, only faults

template <typename Read>
ssize_t readWatched(const char* call, int descriptor, size_t bytes, int64_t offset, Read read) {
  FileRecord* file = witness::recordOf(descriptor);
  if (!file) return read(bytes);
  const std::string more = " bytes=" + std::to_string(bytes) + (offset >= 0 ? " offset=" + std::to_string(offset) : "");
  return watched(call, witness::pathOf(file), more, [&](const Fault& fault) {
    return static_cast<long>(read(fault.halved && bytes > 1 ? bytes / 2 : bytes));
  });
}

size_t lengthOf(const iovec* pieces, int count) {
  size_t sum = 0;
  for (int i = 0; i < count; i++) sum += pieces[i].iov_len;
  return sum;
}

// A gathered write cut short still has to go through the caller's pieces: the first ones up to `bytes`.
struct Cut {
  Cut(const iovec* pieces, int count, size_t bytes) {
    for (int i = 0; i < count && bytes > 0; i++) {
      iovec piece = pieces[i];
      piece.iov_len = piece.iov_len < bytes ? piece.iov_len : bytes;
      bytes -= piece.iov_len;
      parts[used++] = piece;
      if (used == 1024) break;
    }
  }
  iovec parts[1024];
  int used = 0;
};

// ---- sync

template <typename Sync>
int syncWatched(const char* call, int descriptor, Sync sync) {
  FileRecord* file = witness::recordOf(descriptor);
  if (!file) return sync();
  return static_cast<int>(watched(call, witness::pathOf(file), "", [&](const Fault&) {
    witness::beginSync(file);
    const int result = sync();
    if (result == 0) witness::endSync(file);
    return static_cast<long>(result);
  }));
}

// ---- names

template <typename Change>
int namesWatched(const char* call, const std::string& from, const std::string& to, bool replaces, Change change) {
  if (!witness::under(from) && !witness::under(to)) return change();
  struct stat lost {};
  const std::string& losing = to.empty() ? from : to;
  const bool loses = replaces && lstat(losing.c_str(), &lost) == 0 && lost.st_nlink == 1;
  return static_cast<int>(watched(call, from, to.empty() ? "" : " to=" + encoded(to), [&](const Fault&) {
    const int result = change();
    const int error = errno;
    if (result == 0 && loses) witness::removed(lost.st_dev, lost.st_ino);
    if (result == 0 && replaces && !to.empty()) witness::renamed(from, to);
    errno = error;
    return static_cast<long>(result);
  }));
}

std::string here(const char* path) { return witness::absolute(AT_FDCWD, path); }

}  // namespace

WITNESSED uint64_t vdi_witness_unsynced(void) { return witness::unsynced(); }
WITNESSED uint64_t vdi_witness_unsynced_partial(unsigned index) { return witness::unsyncedPartial(index); }

#define WITNESS_OPEN(name)                                                                        \
  WITNESSED int name(const char* path, int flags, ...) {                                          \
    ORIGINAL(name);                                                                               \
    va_list values;                                                                               \
    va_start(values, flags);                                                                      \
    const mode_t mode = modeOf(flags, values);                                                    \
    va_end(values);                                                                               \
    return openWatched("open", AT_FDCWD, path, flags, [&] { return original(path, flags, mode); }); \
  }
WITNESS_OPEN(open)
WITNESS_OPEN(open64)

#define WITNESS_OPENAT(name)                                                                      \
  WITNESSED int name(int directory, const char* path, int flags, ...) {                           \
    ORIGINAL(name);                                                                               \
    va_list values;                                                                               \
    va_start(values, flags);                                                                      \
    const mode_t mode = modeOf(flags, values);                                                    \
    va_end(values);                                                                               \
    return openWatched("openat", directory, path, flags,                                          \
                       [&] { return original(directory, path, flags, mode); });                   \
  }
WITNESS_OPENAT(openat)
WITNESS_OPENAT(openat64)

WITNESSED ssize_t write(int descriptor, const void* bytes, size_t length) {
  ORIGINAL(write);
  return writeWatched("write", descriptor, length, -1, [&](size_t now) { return original(descriptor, bytes, now); });
}

#define WITNESS_PWRITE(name, offset_t)                                                            \
  WITNESSED ssize_t name(int descriptor, const void* bytes, size_t length, offset_t offset) {     \
    ORIGINAL(name);                                                                               \
    return writeWatched("pwrite", descriptor, length, offset,                                     \
                        [&](size_t now) { return original(descriptor, bytes, now, offset); });    \
  }
WITNESS_PWRITE(pwrite, off_t)
WITNESS_PWRITE(pwrite64, off64_t)

WITNESSED ssize_t writev(int descriptor, const iovec* pieces, int count) {
  ORIGINAL(writev);
  const size_t length = lengthOf(pieces, count);
  return writeWatched("writev", descriptor, length, -1, [&](size_t now) {
    if (now == length) return original(descriptor, pieces, count);
    const Cut cut(pieces, count, now);
    return original(descriptor, cut.parts, cut.used);
  });
}

#define WITNESS_PWRITEV(name, offset_t)                                                           \
  WITNESSED ssize_t name(int descriptor, const iovec* pieces, int count, offset_t offset) {       \
    ORIGINAL(name);                                                                               \
    const size_t length = lengthOf(pieces, count);                                                \
    return writeWatched("pwritev", descriptor, length, offset, [&](size_t now) {                  \
      if (now == length) return original(descriptor, pieces, count, offset);                      \
      const Cut cut(pieces, count, now);                                                          \
      return original(descriptor, cut.parts, cut.used, offset);                                   \
    });                                                                                           \
  }
WITNESS_PWRITEV(pwritev, off_t)
WITNESS_PWRITEV(pwritev64, off64_t)

WITNESSED ssize_t read(int descriptor, void* bytes, size_t length) {
  ORIGINAL(read);
  return readWatched("read", descriptor, length, -1, [&](size_t now) { return original(descriptor, bytes, now); });
}

#define WITNESS_PREAD(name, offset_t)                                                             \
  WITNESSED ssize_t name(int descriptor, void* bytes, size_t length, offset_t offset) {           \
    ORIGINAL(name);                                                                               \
    return readWatched("pread", descriptor, length, offset,                                       \
                       [&](size_t now) { return original(descriptor, bytes, now, offset); });     \
  }
WITNESS_PREAD(pread, off_t)
WITNESS_PREAD(pread64, off64_t)

WITNESSED int fsync(int descriptor) {
  ORIGINAL(fsync);
  return syncWatched("fsync", descriptor, [&] { return original(descriptor); });
}

WITNESSED int fdatasync(int descriptor) {
  ORIGINAL(fdatasync);
  return syncWatched("fdatasync", descriptor, [&] { return original(descriptor); });
}

#define WITNESS_FTRUNCATE(name, offset_t)                                                         \
  WITNESSED int name(int descriptor, offset_t length) noexcept {                                  \
    ORIGINAL(name);                                                                               \
    FileRecord* file = witness::recordOf(descriptor);                                             \
    if (!file) return original(descriptor, length);                                               \
    return static_cast<int>(watched("ftruncate", witness::pathOf(file), " length=" + std::to_string(length), \
                                    [&](const Fault&) { return original(descriptor, length); })); \
  }
WITNESS_FTRUNCATE(ftruncate, off_t)
WITNESS_FTRUNCATE(ftruncate64, off64_t)

WITNESSED int rename(const char* from, const char* to) noexcept {
  ORIGINAL(rename);
  return namesWatched("rename", here(from), here(to), true, [&] { return original(from, to); });
}

WITNESSED int renameat(int fromDirectory, const char* from, int toDirectory, const char* to) noexcept {
  ORIGINAL(renameat);
  return namesWatched("rename", witness::absolute(fromDirectory, from), witness::absolute(toDirectory, to), true,
                      [&] { return original(fromDirectory, from, toDirectory, to); });
}

WITNESSED int renameat2(int fromDirectory, const char* from, int toDirectory, const char* to, unsigned flags) noexcept {
  ORIGINAL(renameat2);
  return namesWatched("rename", witness::absolute(fromDirectory, from), witness::absolute(toDirectory, to), flags == 0,
                      [&] { return original(fromDirectory, from, toDirectory, to, flags); });
}

WITNESSED int link(const char* from, const char* to) noexcept {
  ORIGINAL(link);
  return namesWatched("link", here(from), here(to), false, [&] { return original(from, to); });
}

WITNESSED int linkat(int fromDirectory, const char* from, int toDirectory, const char* to, int flags) noexcept {
  ORIGINAL(linkat);
  return namesWatched("link", witness::absolute(fromDirectory, from), witness::absolute(toDirectory, to), false,
                      [&] { return original(fromDirectory, from, toDirectory, to, flags); });
}

WITNESSED int unlink(const char* path) noexcept {
  ORIGINAL(unlink);
  return namesWatched("unlink", here(path), "", true, [&] { return original(path); });
}

WITNESSED int unlinkat(int directory, const char* path, int flags) noexcept {
  ORIGINAL(unlinkat);
  return namesWatched("unlink", witness::absolute(directory, path), "", true,
                      [&] { return original(directory, path, flags); });
}

// ---- descriptors

template <typename Close>
static int closeWatched(int descriptor, Close close) {
  FileRecord* file = witness::recordOf(descriptor);
  if (!file) {
    witness::forgotten(descriptor);
    return close();
  }
  return static_cast<int>(watched("close", witness::pathOf(file), "", [&](const Fault&) {
    witness::forgotten(descriptor);
    return static_cast<long>(close());
  }));
}

WITNESSED int close(int descriptor) {
  ORIGINAL(close);
  return closeWatched(descriptor, [&] { return original(descriptor); });
}

WITNESSED int dup(int from) noexcept {
  ORIGINAL(dup);
  const int made = original(from);
  witness::copied(from, made);
  return made;
}

WITNESSED int dup2(int from, int to) noexcept {
  ORIGINAL(dup2);
  const int made = original(from, to);
  witness::copied(from, made);
  return made;
}

WITNESSED int dup3(int from, int to, int flags) noexcept {
  ORIGINAL(dup3);
  const int made = original(from, to, flags);
  witness::copied(from, made);
  return made;
}

// libuv closes files through syscall(SYS_close): everything else passes straight through.
WITNESSED long syscall(long number, ...) noexcept {
  static const auto original = next<long (*)(long, ...)>("syscall");
  va_list values;
  va_start(values, number);
  long a[6];
  for (long& value : a) value = va_arg(values, long);
  va_end(values);
  if (number != SYS_close || !witness::recordOf(static_cast<int>(a[0]))) {
    return original(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  }
  return closeWatched(static_cast<int>(a[0]), [&] { return static_cast<int>(original(number, a[0])); });
}
