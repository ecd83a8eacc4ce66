// Reading device bytes from a recipe, for the stand-in (a test double, never shipped).
#include "recipe.h"

#include <algorithm>
#include <cstring>

#include "control-line.h"

namespace standin {

// A repeated piece up to this size is mapped once and copied from there; anything larger is read at its place,
// which costs no page faults and leaves no trace in the process's resident memory.
constexpr uint64_t kMappedPieceLimit = 4u << 20;

static std::string contents(const platform::File& file) {
  const int64_t size = file.size();
  std::string text(size > 0 ? static_cast<size_t>(size) : 0, '\0');
  if (!file.readAt(0, reinterpret_cast<uint8_t*>(&text[0]), text.size())) text.clear();
  return text;
}

bool Recipe::load(const std::string& path, std::string& why) {
  platform::File file;
  if (!file.openForReading(path)) {
    why = "recipe cannot be opened: " + path;
    return false;
  }
  for (const std::string& line : splitText(contents(file), '\n')) {
    if (!line.empty() && line[0] != '#' && !add(line, why)) return false;
  }
  return true;
}

bool Recipe::add(const std::string& line, std::string& why) {
  const std::vector<std::string> words = splitText(line, ' ');
  const bool repeated = words[0] == "repeat";
  if (words.size() < (repeated ? 5u : 4u) || (!repeated && words[0] != "file")) {
    why = "recipe line not understood: " + line;
    return false;
  }
  Piece piece{percentDecode(words[1]), std::stoull(words[2]), std::stoull(words[3]),
              repeated ? std::stoull(words[4]) : 1};
  // Recipes cut into stripes name one file thousands of times.
  if (piece.path != measured_) {
    platform::File source;
    measured_ = piece.path;
    measuredSize_ = source.openForReading(piece.path) ? source.size() : -1;
  }
  if (measuredSize_ < static_cast<int64_t>(piece.offset + piece.length)) {
    why = "recipe source missing or too short: " + piece.path;
    return false;
  }
  length_ += piece.length * piece.count;
  if (piece.length * piece.count > 0) pieces_.push_back(std::move(piece));
  return true;
}

void Recipe::close() {
  if (mapped_) platform::File::unmap(mapped_, mappedBytes_);
  mapped_ = nullptr;
  source_.close();
}

bool Recipe::enter() {
  const Piece& piece = pieces_[piece_];
  if (!source_.openForReading(piece.path)) return false;
  const uint64_t end = piece.offset + piece.length;
  if (piece.count > 1 && end <= kMappedPieceLimit) {
    mappedBytes_ = static_cast<size_t>(end);
    mapped_ = source_.map(mappedBytes_);
  }
  return true;
}

bool Recipe::copy(uint64_t at, uint8_t* into, size_t bytes) {
  if (!mapped_) return source_.readAt(at, into, bytes);
  memcpy(into, mapped_ + at, bytes);
  return true;
}

bool Recipe::read(uint8_t* into, size_t bytes) {
  while (bytes > 0) {
    if (piece_ >= pieces_.size()) return false;
    if (!source_.isOpen() && !enter()) return false;
    const Piece& piece = pieces_[piece_];
    const uint64_t within = done_ % piece.length;
    const size_t now = static_cast<size_t>(std::min<uint64_t>(bytes, piece.length - within));
    if (!copy(piece.offset + within, into, now)) return false;
    into += now;
    bytes -= now;
    done_ += now;
    if (done_ == piece.length * piece.count) {
      const bool goesOn = piece_ + 1 < pieces_.size() && !mapped_ && pieces_[piece_ + 1].path == piece.path &&
                          pieces_[piece_ + 1].count == 1;
      if (!goesOn) close();
      piece_++;
      done_ = 0;
    }
  }
  return true;
}

}  // namespace standin
