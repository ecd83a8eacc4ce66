// The self-test's list of scenarios: each runs in a process of its own. A test of a test double, never shipped.
#pragma once

#include <string>
#include <vector>

namespace rig {

struct Scenario {
  std::string name;
  void (*run)();
  std::vector<std::string> breaches = {};  // exactly these codes must be in the log afterwards
  int signal = 0;                          // the signal that must end the process
  bool witness = false;                    // with the I/O witness loaded
  std::string fault = "";                  // VDI_WITNESS_FAULT
  std::string script = "";                 // VDI_STANDIN_SCRIPT
};

void addFlowScenarios(std::vector<Scenario>& all);
void addBreachScenarios(std::vector<Scenario>& all);
void addFaultScenarios(std::vector<Scenario>& all);
void addWitnessScenarios(std::vector<Scenario>& all);

}  // namespace rig
