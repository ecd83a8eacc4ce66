// Self-test scenarios: the I/O witness, alone and as the judge's source. A test of a test double, never shipped.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "selftest-rig.h"
#include "selftest.h"

namespace rig {
namespace {

using namespace standin;

uint64_t unsynced() {
  static const auto ask = reinterpret_cast<uint64_t (*)()>(dlsym(RTLD_DEFAULT, "vdi_witness_unsynced"));
  return ask ? ask() : UINT64_MAX;
}

std::string watchedPath(const std::string& name) { return std::string(getenv("VDI_WITNESS_ROOT")) + "/" + name; }

int fileIn(const std::string& name) { return open(watchedPath(name).c_str(), O_RDWR | O_CREAT, 0644); }

bool logged(const std::string& text) {
  const Bytes log = readFile(getenv("VDI_STANDIN_LOG"));
  return std::string(log.begin(), log.end()).find(text) != std::string::npos;
}

void counting() {
  const int file = fileIn("a b");
  char bytes[100] = {};
  const iovec pieces[2] = {{bytes, 10}, {bytes, 20}};
  CHECK(write(file, bytes, 100) == 100 && unsynced() == 100);
  CHECK(pwrite(file, bytes, 50, 0) == 50 && unsynced() == 150);
  CHECK(writev(file, pieces, 2) == 30 && unsynced() == 180);
  CHECK(pwritev(file, pieces, 2, 5) == 30 && unsynced() == 210);
  const int second = fileIn("second");
  CHECK(write(second, bytes, 7) == 7 && fdatasync(file) == 0 && unsynced() == 7);
  const int twin = dup(second);
  CHECK(write(twin, bytes, 3) == 3 && unsynced() == 10);
  CHECK(fsync(second) == 0 && unsynced() == 0);
  const int synced = open(watchedPath("sync").c_str(), O_WRONLY | O_CREAT | O_DSYNC, 0644);
  CHECK(write(synced, bytes, 9) == 9 && unsynced() == 0);
  const int outside = open(scratch("outside").c_str(), O_WRONLY | O_CREAT, 0644);
  CHECK(write(outside, bytes, 100) == 100 && unsynced() == 0);
  CHECK(logged("IO write") && logged("a%20b bytes=100 -> 100") && logged("IO pwrite") && logged("IO pwritev"));
  CHECK(logged("IO writev") && logged("IO fdatasync") && logged("IO fsync") && !logged("outside"));
}

void reading() {
  const int file = fileIn("c");
  char bytes[100] = {};
  CHECK(write(file, bytes, 100) == 100);
  CHECK(pread(file, bytes, 100, 0) == 100 && logged("c bytes=100 offset=0 -> 100"));
  CHECK(pread(file, bytes, 100, 50) == -1 && errno == EIO && logged("IO pread") && logged("offset=50 -> EIO"));
  CHECK(lseek(file, 0, SEEK_SET) == 0 && read(file, bytes, 100) == 50 && logged("IO read"));
  CHECK(unsynced() == 100);
}

void reborn() {
  char bytes[10] = {};
  const int file = fileIn("a");
  CHECK(write(file, bytes, 10) == 10 && fsync(file) == 0 && close(file) == 0);
  int ends[2];
  CHECK(pipe(ends) == 0 && ends[0] == file);
  CHECK(write(ends[1], bytes, 10) == 10 && unsynced() == 0);
}

// A descriptor closed behind the witness's back and reborn as something else.
void rebornUnseen() {
  char bytes[10] = {};
  const int file = fileIn("a");
  CHECK(write(file, bytes, 10) == 10 && fsync(file) == 0);
  CHECK(close_range(static_cast<unsigned>(file), static_cast<unsigned>(file), 0) == 0);
  int ends[2];
  CHECK(pipe(ends) == 0 && ends[0] == file && close_range(static_cast<unsigned>(file), static_cast<unsigned>(file), 0) == 0);
  CHECK(socket(AF_UNIX, SOCK_DGRAM, 0) == file);
  CHECK(write(file, bytes, 10) == -1 && fsync(file) == -1 && unsynced() == 0);
  CHECK(!logged("fsync " + watchedPath("a") + " -> E"));
}

void namesChange() {
  char bytes[10] = {};
  const int file = fileIn("a.partial");
  CHECK(write(file, bytes, 10) == 10);
  CHECK(rename(watchedPath("a.partial").c_str(), watchedPath("a").c_str()) == 0);
  CHECK(write(file, bytes, 1) == 1 && unsynced() == 11);
  CHECK(logged("/a bytes=1 -> 1"));
  CHECK(link(watchedPath("a").c_str(), watchedPath("b").c_str()) == 0);
  CHECK(unlink(watchedPath("a").c_str()) == 0 && unsynced() == 11);
  CHECK(ftruncate(file, 5) == 0);
  CHECK(unlink(watchedPath("b").c_str()) == 0 && unsynced() == 0);
  CHECK(logged("IO rename") && logged("IO link") && logged("IO unlink") && logged("IO ftruncate"));
  close(file);
  CHECK(logged("IO close"));
}

void faults() {
  char bytes[100] = {};
  const int file = fileIn("a");
  const int other = fileIn("other");
  CHECK(write(file, bytes, 100) == 100);
  errno = 0;
  CHECK(write(file, bytes, 100) == -1 && errno == ENOSPC && unsynced() == 100);
  CHECK(write(file, bytes, 100) == 100);
  CHECK(pwrite(other, bytes, 100, 0) == 50 && unsynced() == 250);
  const iovec pieces[3] = {{bytes, 10}, {bytes, 20}, {bytes, 30}};
  CHECK(writev(other, pieces, 3) == 30);
  CHECK(fsync(file) == -1 && errno == EIO && fsync(file) == -1 && errno == EIO && unsynced() == 280);
  const uint64_t from = milliseconds();
  CHECK(fdatasync(file) == 0 && milliseconds() - from >= 200);
  CHECK(fdatasync(other) == 0 && unsynced() == 0);
  CHECK(rename(watchedPath("a").c_str(), watchedPath("b").c_str()) == -1 && errno == EXDEV);
  CHECK(open(watchedPath("locked").c_str(), O_RDWR | O_CREAT, 0644) == -1 && errno == EACCES);
  CHECK(logged("-> ENOSPC") && logged("-> EIO") && logged("-> EXDEV") && logged("-> EACCES"));
}

// One device whose bytes go to a file; `sync` says whether Flush and Complete are honest.
void durable(bool sync) {
  Begin begin;
  begin.files = {fileRecipe("source", someBytes(300000, 1))};
  Tds tds(begin.line());
  Client client;
  CHECK(client.start());
  const int file = fileIn("backup");
  const Served served = serveBackup(client.devices[0], [&](const VDC_Command& command, int&, unsigned long&) {
    if (command.commandCode == VDC_Write) {
      CHECK(write(file, command.buffer, static_cast<size_t>(command.size)) == command.size);
    } else if (sync) {
      CHECK(fdatasync(file) == 0);
    }
  });
  CHECK(served.ended == VD_E_CLOSE && client.set->Close() == 0);
  delete client.set;
}

void durableYes() { durable(true); }
void durableNo() { durable(false); }

// A file for each device, in the order of the devices: device 0 is flushed while device 1 has unsynced bytes.
void shared(bool sync) {
  Begin begin;
  begin.devices = 2;
  begin.files = {fileRecipe("a", someBytes(1000, 1)), fileRecipe("b", someBytes(200000, 1))};
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.start());
  const int file = fileIn("a.partial");
  const int other = fileIn("b.partial");
  VDC_Command* first = nullptr;
  CHECK(client.devices[0]->GetCommand(100, &first) == 0 && write(file, first->buffer, 1000) == 1000);
  CHECK(client.devices[0]->CompleteCommand(first, 0, 1000, 0) == 0);
  CHECK(client.devices[0]->GetCommand(100, &first) == 0 && first->commandCode == VDC_Flush);
  VDC_Command* second = nullptr;
  CHECK(client.devices[1]->GetCommand(100, &second) == 0);
  if (sync) CHECK(fsync(file) == 0);
  CHECK(write(other, second->buffer, 100) == 100);
  CHECK(client.devices[0]->CompleteCommand(first, 0, 0, 0) == 0);
  CHECK(client.set->SignalAbort() == 0 && client.set->Close() == 0);
  delete client.set;
}

void sharedYes() { shared(true); }
void sharedNo() { shared(false); }

}  // namespace

void addWitnessScenarios(std::vector<Scenario>& all) {
  std::vector<Scenario> mine = {
      {"witness counts unsynced bytes", counting},
      {"witness and reused descriptors", reborn},
      {"witness and descriptors closed unseen", rebornUnseen},
      {"witness follows names", namesChange},
      {"witness faults", faults},
      {"witness and reads", reading},
      {"durable Flush and Complete", durableYes},
      {"Flush without sync", durableNo, {"not-durable"}},
      {"Flush beside another device", sharedYes},
      {"Flush beside another device, no sync", sharedNo, {"not-durable"}},
  };
  for (Scenario& scenario : mine) scenario.witness = true;
  mine[4].fault =
      "write:ENOSPC:2:/a;pwrite:short:1:other;writev:short:1;fsync:EIO:1+;fdatasync:sleep200:1;rename:EXDEV:1;"
      "any-open:EACCES:1:locked";
  mine[5].fault = "pread:EIO:2:/c;read:short:1";
  all.insert(all.end(), mine.begin(), mine.end());
}

}  // namespace rig
