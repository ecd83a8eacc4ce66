// The self-test's tools: a tiny TDS half, a tiny client, scratch files, checks. A test of a test double, never shipped.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sqlvdi-abi.h"

namespace rig {

using Bytes = std::vector<uint8_t>;

void check(bool holds, const char* what, int line);
int failures();
#define CHECK(condition) ::rig::check((condition), #condition, __LINE__)

uint64_t milliseconds();
void sleepFor(uint64_t ms);
std::string scratch(const std::string& name);  // a path in this scenario's own directory
void writeFile(const std::string& path, const Bytes& bytes);
Bytes readFile(const std::string& path);
Bytes someBytes(size_t length, uint32_t seed);
std::string recipe(const std::string& name, const std::string& lines);
std::string fileRecipe(const std::string& name, const Bytes& bytes);  // one source file and its recipe

// Listens, collects what the native half says, answers `create` with the `begin` it was given.
class Tds {
 public:
  explicit Tds(std::string begin = "");
  ~Tds();
  void say(const std::string& line);
  void hangUp();
  void answerWith(const std::string& begin);
  bool heard(const std::string& start, uint64_t withinMilliseconds = 2000);
  std::string line(const std::string& start);
  int count(const std::string& start);

 private:
  void serve();
  int listener_ = -1;
  int peer_ = -1;
  std::string begin_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::thread thread_;
};

struct Begin {
  bool restore = false;
  size_t devices = 1;
  std::vector<std::string> files;
  uint32_t block = 512, transfer = 65536, buffers = 4;
  bool complete = true;
  std::string extra;
  std::string line() const;
};

struct Client {
  explicit Client(size_t devices = 1, uint32_t features = 0x2000);
  bool start();  // Create, GetConfiguration, OpenDevice × n
  int create();
  int configure(time_t timeout = 5000);
  int open(size_t device);
  ClientVirtualDeviceSet* set;
  VDConfig config{};
  std::vector<ClientVirtualDevice*> devices;
};

std::string deviceName(size_t index);

// One device's loop, the way a careful client runs it. Returns the code that ended it.
struct Served {
  int ended = 0;
  Bytes bytes;
  std::vector<int> commands;
  std::vector<int> sizes;
};
// `answer` may replace the completion code and byte count of a command.
using Answer = std::function<void(const VDC_Command&, int& code, unsigned long& bytes)>;
Served serveBackup(ClientVirtualDevice* device, const Answer& answer = nullptr);
Served serveRestore(ClientVirtualDevice* device, const Bytes& source, const Answer& answer = nullptr);
std::vector<Served> serveAll(Client& client, const std::function<Served(size_t)>& one);

}  // namespace rig
