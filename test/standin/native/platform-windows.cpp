// The Windows implementation of platform.h for the stand-in (a test double, never shipped).
#include "platform.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <windows.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace standin::platform {

static std::wstring wide(const std::string& text) {
  const int length = MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), nullptr, 0);
  std::wstring units(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), &units[0], length);
  return units;
}

static std::string narrow(const std::wstring& units) {
  const int count = static_cast<int>(units.size());
  const int length = WideCharToMultiByte(CP_UTF8, 0, units.data(), count, nullptr, 0, nullptr, nullptr);
  std::string text(static_cast<size_t>(length), '\0');
  WideCharToMultiByte(CP_UTF8, 0, units.data(), count, &text[0], length, nullptr, nullptr);
  return text;
}

std::string environment(const char* name) {
  const std::wstring key = wide(name);
  std::wstring value(32768, L'\0');
  value.resize(GetEnvironmentVariableW(key.c_str(), &value[0], static_cast<DWORD>(value.size())));
  return narrow(value);
}

uint64_t monotonicNanoseconds() {
  LARGE_INTEGER now, frequency;
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&frequency);
  const auto ticks = static_cast<uint64_t>(now.QuadPart);
  const auto perSecond = static_cast<uint64_t>(frequency.QuadPart);
  return ticks / perSecond * 1000000000u + ticks % perSecond * 1000000000u / perSecond;
}

uint64_t threadId() { return GetCurrentThreadId(); }
uint32_t processId() { return GetCurrentProcessId(); }
// The I/O witness is a Linux library: durability is not judged here.
void* findSymbol(const char*) { return nullptr; }

void writeToConsole(const std::string& text) {
  DWORD written = 0;
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text.data(), static_cast<DWORD>(text.size()), &written, nullptr);
}

void blockSignals() {}
void atProcessExit(void (*handler)()) { atexit(handler); }

size_t pageSize() {
  SYSTEM_INFO facts;
  GetSystemInfo(&facts);
  return facts.dwPageSize;
}

uint8_t* reserveMemory(size_t bytes) {
  return static_cast<uint8_t*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_NOACCESS));
}

bool makeUsable(uint8_t* address, size_t bytes) {
  DWORD before = 0;
  // A commit leaves the contents and the protection of pages that were committed before as they are.
  return VirtualAlloc(address, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr &&
         VirtualProtect(address, bytes, PAGE_READWRITE, &before) != 0;
}

void makeUntouchable(uint8_t* address, size_t bytes) {
  DWORD before = 0;
  VirtualProtect(address, bytes, PAGE_NOACCESS, &before);
}

void discard(uint8_t* address, size_t bytes) {
  if (!VirtualFree(address, bytes, MEM_DECOMMIT)) abort();
}

// The TDS half names files as its own system does; Wine shows the root of that system as drive Z.
static std::wstring localPath(const std::string& path) {
  std::wstring local = wide(!path.empty() && path[0] == '/' ? "Z:" + path : path);
  std::replace(local.begin(), local.end(), L'/', L'\\');
  return local;
}

static intptr_t openFile(const std::string& path, DWORD access, DWORD disposition) {
  const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  const HANDLE file =
      CreateFileW(localPath(path).c_str(), access, share, nullptr, disposition, FILE_ATTRIBUTE_NORMAL, nullptr);
  return reinterpret_cast<intptr_t>(file);
}

static HANDLE handleOf(intptr_t handle) { return reinterpret_cast<HANDLE>(handle); }

File& File::operator=(File&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

bool File::openForReading(const std::string& path) {
  close();
  handle_ = openFile(path, GENERIC_READ, OPEN_EXISTING);
  return isOpen();
}

bool File::create(const std::string& path) {
  close();
  handle_ = openFile(path, GENERIC_WRITE, CREATE_ALWAYS);
  return isOpen();
}

bool File::openForAppending(const std::string& path) {
  close();
  handle_ = openFile(path, FILE_APPEND_DATA, OPEN_ALWAYS);
  return isOpen();
}

int64_t File::size() const {
  LARGE_INTEGER size;
  return GetFileSizeEx(handleOf(handle_), &size) ? size.QuadPart : -1;
}

bool File::readAt(uint64_t offset, uint8_t* into, size_t bytes) const {
  while (bytes > 0) {
    OVERLAPPED place{};
    place.Offset = static_cast<DWORD>(offset);
    place.OffsetHigh = static_cast<DWORD>(offset >> 32);
    const DWORD now = static_cast<DWORD>(std::min<size_t>(bytes, 1u << 30));
    DWORD got = 0;
    if (!ReadFile(handleOf(handle_), into, now, &got, &place) || got == 0) return false;
    into += got;
    offset += got;
    bytes -= got;
  }
  return true;
}

bool File::write(const void* from, size_t bytes) {
  const char* next = static_cast<const char*>(from);
  while (bytes > 0) {
    DWORD done = 0;
    const DWORD now = static_cast<DWORD>(std::min<size_t>(bytes, 1u << 30));
    if (!WriteFile(handleOf(handle_), next, now, &done, nullptr)) return false;
    next += done;
    bytes -= done;
  }
  return true;
}

const uint8_t* File::map(size_t bytes) const {
  const HANDLE section = CreateFileMappingW(handleOf(handle_), nullptr, PAGE_READONLY, 0, 0, nullptr);
  if (!section) return nullptr;
  const void* area = MapViewOfFile(section, FILE_MAP_READ, 0, 0, bytes);
  CloseHandle(section);
  return static_cast<const uint8_t*>(area);
}

void File::unmap(const uint8_t* address, size_t) { UnmapViewOfFile(address); }

void File::close() {
  if (isOpen()) CloseHandle(handleOf(handle_));
  handle_ = -1;
}

static bool socketsReady() {
  static const bool ready = [] {
    WSADATA facts;
    return WSAStartup(MAKEWORD(2, 2), &facts) == 0;
  }();
  return ready;
}

bool Socket::connectTo(const std::string& host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (!socketsReady() || inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return false;
  const SOCKET made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
  if (made == INVALID_SOCKET) return false;
  handle_ = static_cast<intptr_t>(made);
  if (connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close();
    return false;
  }
  const BOOL yes = TRUE;  // lines are short and their timing is what the tests look at
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, reinterpret_cast<const char*>(&yes), sizeof yes);
  return true;
}

bool Socket::send(const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    const int left = static_cast<int>(text.size() - sent);
    const int done = ::send(static_cast<SOCKET>(handle_), text.data() + sent, left, 0);
    if (done <= 0) return false;
    sent += static_cast<size_t>(done);
  }
  return true;
}

int Socket::receive(char* into, size_t bytes, int timeoutMilliseconds) {
  const SOCKET from = static_cast<SOCKET>(handle_);
  fd_set waited;
  FD_ZERO(&waited);
  FD_SET(from, &waited);
  timeval patience{timeoutMilliseconds / 1000, timeoutMilliseconds % 1000 * 1000};
  if (select(0, &waited, nullptr, nullptr, timeoutMilliseconds < 0 ? nullptr : &patience) == 0) return -1;
  const int got = recv(from, into, static_cast<int>(bytes), 0);
  return got > 0 ? got : 0;
}

void Socket::shutDown() { ::shutdown(static_cast<SOCKET>(handle_), SD_BOTH); }

void Socket::close() {
  if (handle_ != -1) closesocket(static_cast<SOCKET>(handle_));
  handle_ = -1;
}

}  // namespace standin::platform
