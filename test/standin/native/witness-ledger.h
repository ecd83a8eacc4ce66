// What the I/O witness knows about files: who is who by device and inode, and which bytes no sync has covered.
// A test double's instrument, never shipped. Thread safe; records live until the process ends.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace witness {

struct FileRecord;

bool under(const std::string& absolutePath);             // the watched root
FileRecord* recordOf(int descriptor);                    // null where it is not watched (any more)
void opened(int descriptor, int flags);                  // a descriptor was born: watch it, or forget what it was
void forgotten(int descriptor);
void copied(int from, int to);
void wrote(FileRecord* file, uint64_t bytes, bool synced);
bool writesAreSynced(FileRecord* file, int descriptor);  // O_SYNC, O_DSYNC
void beginSync(FileRecord* file);
void endSync(FileRecord* file);
void renamed(const std::string& from, const std::string& to);
void removed(dev_t device, ino_t inode);                 // the last name is gone: its bytes matter no more
std::string pathOf(FileRecord* file);
std::string absolute(int directory, const char* path);
uint64_t unsynced();
uint64_t unsyncedPartial(unsigned index);  // of the index-th file born as NAME.partial; UINT64_MAX where there is none

}  // namespace witness
