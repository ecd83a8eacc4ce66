// Runs every scenario of the stand-in's self-test in a process of its own and compares the judge's log with what the
// scenario says it provokes. A test of a test double, never shipped. Usage: selftest BUILD_DIRECTORY [part of a name]
#include "selftest.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "selftest-rig.h"

using rig::Scenario;

static std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  rig::addFlowScenarios(all);
  rig::addBreachScenarios(all);
  rig::addFaultScenarios(all);
  rig::addWitnessScenarios(all);
  return all;
}

static std::vector<std::string> breachesIn(const std::string& log) {
  std::vector<std::string> codes;
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    const size_t at = line.find(" BREACH ");
    if (at == std::string::npos) continue;
    std::string code;
    std::istringstream(line.substr(at + 8)) >> code;
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(code);
  }
  std::sort(codes.begin(), codes.end());
  return codes;
}

static std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += word + " ";
  return out;
}

static void runChild(const Scenario& scenario, const std::string& self, const std::string& build, const std::string& dir) {
  setenv("SELFTEST_DIR", dir.c_str(), 1);
  setenv("VDI_STANDIN_LOG", (dir + "/log").c_str(), 1);
  setenv("VDI_STANDIN_SCRIPT", scenario.script.c_str(), 1);
  if (scenario.witness) {
    mkdir((dir + "/root").c_str(), 0755);
    setenv("VDI_WITNESS_ROOT", (dir + "/root").c_str(), 1);
    setenv("VDI_WITNESS_FAULT", scenario.fault.c_str(), 1);
    const char* before = getenv("SELFTEST_PRELOAD");
    setenv("LD_PRELOAD", ((before ? std::string(before) + ":" : "") + build + "/libiowitness.so").c_str(), 1);
  }
  execl(self.c_str(), self.c_str(), build.c_str(), "--scenario", scenario.name.c_str(), nullptr);
  _exit(127);
}

static bool run(const Scenario& scenario, const std::string& self, const std::string& build, const std::string& dir) {
  mkdir(dir.c_str(), 0755);
  const uint64_t started = rig::milliseconds();
  const pid_t child = fork();
  if (child == 0) runChild(scenario, self, build, dir);
  int status = 0;
  waitpid(child, &status, 0);
  const std::vector<std::string> breaches = breachesIn(dir + "/log");
  std::vector<std::string> wanted = scenario.breaches;
  std::sort(wanted.begin(), wanted.end());
  const bool ended = scenario.signal ? WIFSIGNALED(status) && WTERMSIG(status) == scenario.signal
                                     : WIFEXITED(status) && WEXITSTATUS(status) == 0;
  const bool good = ended && breaches == wanted;
  printf("%s %s (%llu ms)\n", good ? "ok  " : "FAIL", scenario.name.c_str(),
         static_cast<unsigned long long>(rig::milliseconds() - started));
  if (!ended) printf("     process status 0x%x\n", static_cast<unsigned>(status));
  if (breaches != wanted) printf("     breaches: %s- wanted: %s\n", joined(breaches).c_str(), joined(wanted).c_str());
  if (!good) printf("     log: %s/log\n", dir.c_str());
  fflush(stdout);
  return good;
}

int main(int count, char** words) {
  const std::string build = count > 1 ? words[1] : ".";
  const std::string wanted = count > 2 ? words[count - 1] : "";
  const bool child = count == 4;
  int bad = 0, number = 0;
  char place[] = "/tmp/standin-selftest-XXXXXX";
  if (!child && !mkdtemp(place)) return 2;
  for (const Scenario& scenario : scenarios()) {
    if (child && scenario.name == wanted) {
      alarm(scenario.signal ? 5 : 15);
      scenario.run();
      exit(rig::failures() ? 1 : 0);
    }
    if (child || scenario.name.find(wanted) == std::string::npos) continue;
    bad += run(scenario, words[0], build, std::string(place) + "/" + std::to_string(++number)) ? 0 : 1;
  }
  if (child) return 2;
  printf("%d scenarios, %d failed\n", number, bad);
  if (!bad) {
    const std::string command = std::string("rm -rf ") + place;
    if (system(command.c_str()) != 0) return 2;
  }
  return bad ? 1 : 0;
}
