// The self-test's tools (see selftest-rig.h).
#include "selftest-rig.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace rig {

static std::atomic<int> failed{0};

void check(bool holds, const char* what, int line) {
  if (holds) return;
  failed++;
  fprintf(stderr, "  line %d: %s\n", line, what);
}

int failures() { return failed; }

uint64_t milliseconds() {
  using namespace std::chrono;
  return static_cast<uint64_t>(duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch()).count());
}

void sleepFor(uint64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

std::string scratch(const std::string& name) { return std::string(getenv("SELFTEST_DIR")) + "/" + name; }

void writeFile(const std::string& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<long>(bytes.size()));
}

Bytes readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

Bytes someBytes(size_t length, uint32_t seed) {
  Bytes bytes(length);
  uint32_t state = seed * 2654435761u + 1;
  for (uint8_t& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return bytes;
}

std::string recipe(const std::string& name, const std::string& lines) {
  writeFile(scratch(name), Bytes(lines.begin(), lines.end()));
  return scratch(name);
}

std::string fileRecipe(const std::string& name, const Bytes& bytes) {
  writeFile(scratch(name + ".source"), bytes);
  return recipe(name, "file " + scratch(name + ".source") + " 0 " + std::to_string(bytes.size()) + "\n");
}

// ---- the TDS half

Tds::Tds(std::string begin) : begin_(std::move(begin)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0 && listen(listener_, 4) == 0);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  setenv("VDI_STANDIN_CONTROL", ("127.0.0.1:" + std::to_string(ntohs(address.sin_port))).c_str(), 1);
  thread_ = std::thread([this] { serve(); });
}

Tds::~Tds() {
  shutdown(listener_, SHUT_RDWR);
  hangUp();
  thread_.join();
  close(listener_);
}

void Tds::serve() {
  for (;;) {
    const int peer = accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    {
      std::lock_guard<std::mutex> held(lock_);
      peer_ = peer;
    }
    std::string pending;
    char bytes[4096];
    for (ssize_t got = recv(peer, bytes, sizeof bytes, 0); got > 0; got = recv(peer, bytes, sizeof bytes, 0)) {
      pending.append(bytes, static_cast<size_t>(got));
      for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
        const std::string line = pending.substr(0, end);
        pending.erase(0, end + 1);
        std::string begin;
        {
          std::lock_guard<std::mutex> held(lock_);
          lines_.push_back(line);
          if (line.compare(0, 7, "create ") == 0) begin = begin_;
        }
        changed_.notify_all();
        if (!begin.empty()) say(begin);
      }
    }
    std::lock_guard<std::mutex> held(lock_);
    peer_ = -1;
    close(peer);
  }
}

void Tds::say(const std::string& line) {
  std::lock_guard<std::mutex> held(lock_);
  const std::string text = line + "\n";
  if (peer_ >= 0) CHECK(send(peer_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

void Tds::hangUp() {
  std::lock_guard<std::mutex> held(lock_);
  if (peer_ >= 0) shutdown(peer_, SHUT_RDWR);
}

void Tds::answerWith(const std::string& begin) {
  std::lock_guard<std::mutex> held(lock_);
  begin_ = begin;
}

bool Tds::heard(const std::string& start, uint64_t within) {
  std::unique_lock<std::mutex> held(lock_);
  return changed_.wait_for(held, std::chrono::milliseconds(within), [&] {
    return std::any_of(lines_.begin(), lines_.end(), [&](const std::string& line) { return line.rfind(start, 0) == 0; });
  });
}

std::string Tds::line(const std::string& start) {
  heard(start);
  std::lock_guard<std::mutex> held(lock_);
  for (const std::string& line : lines_) {
    if (line.rfind(start, 0) == 0) return line;
  }
  return "";
}

int Tds::count(const std::string& start) {
  std::lock_guard<std::mutex> held(lock_);
  return static_cast<int>(
      std::count_if(lines_.begin(), lines_.end(), [&](const std::string& line) { return line.rfind(start, 0) == 0; }));
}

// ---- the statement and the client

std::string deviceName(size_t index) { return index == 0 ? "the set" : "the set:" + std::to_string(index); }

static std::string encoded(const std::string& text) {
  std::string out;
  for (char c : text) out += c == ' ' ? "%20" : c == ':' ? "%3A" : std::string(1, c);
  return out;
}

std::string Begin::line() const {
  std::string names, ends;
  for (size_t i = 0; i < devices; i++) names += (i ? "," : "") + encoded(deviceName(i));
  for (size_t i = 0; i < files.size(); i++) ends += (i ? "," : "") + encoded(files[i]);
  return std::string("begin direction=") + (restore ? "restore" : "backup") + " names=" + names +
         " blocksize=" + std::to_string(block) + " transfersize=" + std::to_string(transfer) +
         " buffers=" + std::to_string(buffers) + " complete=" + (complete ? "1" : "0") + (restore ? " sink=" : " recipe=") +
         ends + " " + extra;
}

Client::Client(size_t count, uint32_t features) : set(new ClientVirtualDeviceSet), devices(count) {
  config.deviceCount = static_cast<uint32_t>(count);
  config.features = features;
}

int Client::create() {
  std::string name = deviceName(0);
  return set->Create(&name[0], &config);
}

int Client::configure(time_t timeout) { return set->GetConfiguration(timeout, &config); }

int Client::open(size_t device) {
  std::string name = deviceName(device);
  return set->OpenDevice(&name[0], &devices[device]);
}

bool Client::start() {
  bool good = create() == 0 && configure() == 0;
  for (size_t i = 0; i < devices.size(); i++) good = good && open(i) == 0;
  return good;
}

Served serveBackup(ClientVirtualDevice* device, const Answer& answer) {
  Served served;
  VDC_Command* command = nullptr;
  while ((served.ended = device->GetCommand(-1, &command)) == 0) {
    served.commands.push_back(command->commandCode);
    served.sizes.push_back(command->size);
    const bool write = command->commandCode == standin::VDC_Write;
    if (write) served.bytes.insert(served.bytes.end(), command->buffer, command->buffer + command->size);
    const bool known = write || command->commandCode == 3 || command->commandCode == 12 || command->commandCode == 19;
    int code = known ? 0 : 50;
    unsigned long bytes = write ? static_cast<unsigned long>(command->size) : 0;
    if (answer) answer(*command, code, bytes);
    device->CompleteCommand(command, code, bytes, 0);
  }
  return served;
}

Served serveRestore(ClientVirtualDevice* device, const Bytes& source, const Answer& answer) {
  Served served;
  size_t at = 0;
  VDC_Command* command = nullptr;
  while ((served.ended = device->GetCommand(-1, &command)) == 0) {
    served.commands.push_back(command->commandCode);
    served.sizes.push_back(command->size);
    int code = 0;
    unsigned long bytes = 0;
    if (command->commandCode == standin::VDC_Read) {
      bytes = std::min<size_t>(static_cast<size_t>(command->size), source.size() - at);
      if (bytes > 0) memcpy(command->buffer, source.data() + at, bytes);
      at += bytes;
      code = bytes < static_cast<unsigned long>(command->size) ? 38 : 0;
    }
    if (answer) answer(*command, code, bytes);
    device->CompleteCommand(command, code, bytes, 0);
  }
  return served;
}

std::vector<Served> serveAll(Client& client, const std::function<Served(size_t)>& one) {
  std::vector<Served> served(client.devices.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < served.size(); i++) threads.emplace_back([&, i] { served[i] = one(i); });
  for (std::thread& thread : threads) thread.join();
  return served;
}

}  // namespace rig
