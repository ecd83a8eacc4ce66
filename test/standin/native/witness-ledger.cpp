// The I/O witness's memory of files (see witness-ledger.h). Never shipped.
#include "witness-ledger.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace witness {

struct FileRecord {
  std::string path;
  std::pair<dev_t, ino_t> key;
  uint64_t unsynced = 0;
};

namespace {

constexpr int kDescriptors = 65536;

struct Ledger {
  std::mutex lock;
  std::string root, realRoot;
  std::map<std::pair<dev_t, ino_t>, FileRecord> files;
  std::vector<FileRecord*> partials;  // in the order of their birth
  std::atomic<FileRecord*> descriptors[kDescriptors] = {};
};

// Leaked on purpose: files are written until the very end of the process.
Ledger& ledger() {
  static Ledger* const only = [] {
    Ledger* made = new Ledger;
    const char* root = getenv("VDI_WITNESS_ROOT");
    if (!root || !*root) return made;
    made->root = root;
    while (made->root.size() > 1 && made->root.back() == '/') made->root.pop_back();
    char real[PATH_MAX];
    made->realRoot = realpath(root, real) ? real : made->root;
    return made;
  }();
  return *only;
}

bool inside(const std::string& path, const std::string& root) {
  return !root.empty() && path.compare(0, root.size(), root) == 0 &&
         (path.size() == root.size() || path[root.size()] == '/');
}

bool isPartial(const std::string& path) {
  static const std::string suffix = ".partial";
  return path.size() > suffix.size() && path.compare(path.size() - suffix.size(), suffix.size(), suffix) == 0;
}

std::string linkTarget(int descriptor) {
  char target[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = readlink(link.c_str(), target, sizeof target);
  return length > 0 ? std::string(target, static_cast<size_t>(length)) : "";
}

}  // namespace

bool under(const std::string& path) { return inside(path, ledger().root) || inside(path, ledger().realRoot); }

void forgotten(int descriptor) {
  if (descriptor >= 0 && descriptor < kDescriptors) ledger().descriptors[descriptor] = nullptr;
}

void opened(int descriptor, int flags) {
  if (descriptor < 0 || descriptor >= kDescriptors) return;
  Ledger& books = ledger();
  books.descriptors[descriptor] = nullptr;
  if (books.root.empty()) return;
  const std::string path = linkTarget(descriptor);
  const char* log = getenv("VDI_STANDIN_LOG");
  if (!under(path) || (log && path == log)) return;
  struct stat facts {};
  if (fstat(descriptor, &facts) != 0) return;
  const std::pair<dev_t, ino_t> key{facts.st_dev, facts.st_ino};
  std::lock_guard<std::mutex> held(books.lock);
  FileRecord& file = books.files[key];
  // Born here, not only looked at; an inode number may have been that of a removed file.
  const bool known = std::find(books.partials.begin(), books.partials.end(), &file) != books.partials.end();
  if ((flags & O_CREAT) && isPartial(path) && !known) books.partials.push_back(&file);
  file.key = key;
  file.path = path;
  books.descriptors[descriptor] = &file;
}

// The descriptor may have been closed and reborn behind our back (raw system calls): its identity is checked each time.
FileRecord* recordOf(int descriptor) {
  if (descriptor < 0 || descriptor >= kDescriptors) return nullptr;
  FileRecord* file = ledger().descriptors[descriptor];
  if (!file) return nullptr;
  struct stat facts {};
  if (fstat(descriptor, &facts) == 0 && file->key == std::make_pair(facts.st_dev, facts.st_ino)) return file;
  forgotten(descriptor);
  return nullptr;
}

void copied(int from, int to) {
  if (to < 0 || to >= kDescriptors) return;
  ledger().descriptors[to] = recordOf(from);
}

bool writesAreSynced(FileRecord*, int descriptor) {
  const int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_DSYNC) != 0;  // O_SYNC holds the bit of O_DSYNC
}

void wrote(FileRecord* file, uint64_t bytes, bool synced) {
  if (synced) return;
  std::lock_guard<std::mutex> held(ledger().lock);
  file->unsynced += bytes;
}

// Only what had returned from its write when the sync began is covered by it.
static thread_local uint64_t coveredBySync = 0;

void beginSync(FileRecord* file) {
  std::lock_guard<std::mutex> held(ledger().lock);
  coveredBySync = file->unsynced;
}

void endSync(FileRecord* file) {
  std::lock_guard<std::mutex> held(ledger().lock);
  file->unsynced -= coveredBySync < file->unsynced ? coveredBySync : file->unsynced;
}

void renamed(const std::string& from, const std::string& to) {
  std::lock_guard<std::mutex> held(ledger().lock);
  for (auto& entry : ledger().files) {
    if (entry.second.path == from) entry.second.path = to;
  }
}

void removed(dev_t device, ino_t inode) {
  std::lock_guard<std::mutex> held(ledger().lock);
  const auto found = ledger().files.find({device, inode});
  if (found != ledger().files.end()) found->second.unsynced = 0;
}

std::string pathOf(FileRecord* file) {
  std::lock_guard<std::mutex> held(ledger().lock);
  return file->path;
}

std::string absolute(int directory, const char* path) {
  if (!path) return "";
  if (path[0] == '/') return path;
  char here[PATH_MAX];
  if (directory != AT_FDCWD) return linkTarget(directory) + "/" + path;
  return getcwd(here, sizeof here) ? std::string(here) + "/" + path : path;
}

uint64_t unsynced() {
  std::lock_guard<std::mutex> held(ledger().lock);
  uint64_t sum = 0;
  for (const auto& entry : ledger().files) sum += entry.second.unsynced;
  return sum;
}

uint64_t unsyncedPartial(unsigned index) {
  std::lock_guard<std::mutex> held(ledger().lock);
  const auto& partials = ledger().partials;
  return index < partials.size() ? partials[index]->unsynced : UINT64_MAX;
}

}  // namespace witness
