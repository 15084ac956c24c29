// The templates that are always there, as Quill deltas.
#include "documents/templates.h"

#include <array>

namespace ob::documents {
namespace {

constexpr std::string_view kBlank = R"({"ops":[{"insert":"\n"}]})";

constexpr std::string_view kMeetingNotes =
    R"({"ops":[{"insert":"Date: ","attributes":{"bold":true}},{"insert":"\n"},)"
    R"({"insert":"Time: ","attributes":{"bold":true}},{"insert":"\n"},)"
    R"({"insert":"Present: ","attributes":{"bold":true}},{"insert":"\nAgenda"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"Decisions from last time"},)"
    R"({"insert":"\n\n","attributes":{"list":"ordered"}},{"insert":"Anything else"},)"
    R"({"insert":"\n","attributes":{"list":"ordered"}},{"insert":"Notes"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"\nDecisions"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"What was decided, and why"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"Actions"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"Who does what, until when"},)"
    R"({"insert":"\n\n","attributes":{"list":"unchecked"}}]})";

constexpr std::string_view kProjectPlan =
    R"({"ops":[{"insert":"Owner: ","attributes":{"bold":true}},{"insert":"\n"},)"
    R"({"insert":"Status: ","attributes":{"bold":true}},)"
    R"({"insert":"on track, at risk or late\nProblem"},{"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"Whose problem is it, how often does it come up, and what does it cost today?\nGoals"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"What is true when this is done"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"How we measure it"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"Not part of it"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"What we leave out on purpose"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"Approach"},)"
    R"({"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"The shortest way to something useful, and what it builds on.\nMilestones"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"First version that somebody can use"},)"
    R"({"insert":"\n","attributes":{"list":"ordered"}},{"insert":"Shown to the first users"},)"
    R"({"insert":"\n","attributes":{"list":"ordered"}},{"insert":"Finished"},)"
    R"({"insert":"\n","attributes":{"list":"ordered"}},{"insert":"Risks"},)"
    R"({"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"What could go wrong, how we would notice, what we would do"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"Open questions"},)"
    R"({"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"\n","attributes":{"list":"unchecked"}}]})";

constexpr std::string_view kWeeklyReport =
    R"({"ops":[{"insert":"Week of: ","attributes":{"bold":true}},{"insert":"\nIn short"},)"
    R"({"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"Two sentences for those who read nothing else.\nDone"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"\n\n","attributes":{"list":"bullet"}},)"
    R"({"insert":"Next"},{"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"\n\n","attributes":{"list":"unchecked"}},{"insert":"Stuck, or needs a decision"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"What, and from whom"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"Numbers"},)"
    R"({"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"What changed since last week, and why.\n"}]})";

constexpr std::string_view kDecisionRecord =
    R"({"ops":[{"insert":"Status: ","attributes":{"bold":true}},)"
    R"({"insert":"proposed, accepted or replaced\n"},)"
    R"({"insert":"Date: ","attributes":{"bold":true}},{"insert":"\n"},)"
    R"({"insert":"Deciders: ","attributes":{"bold":true}},{"insert":"\nContext"},)"
    R"({"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"What makes a decision necessary now, and what limits it.\nDecision"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"We will …\nAlternatives"},)"
    R"({"insert":"\n","attributes":{"header":2}},)"
    R"({"insert":"What else was weighed, and why it was not taken"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"Consequences"},)"
    R"({"insert":"\n","attributes":{"header":2}},{"insert":"What gets easier"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"What gets harder"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}},{"insert":"When we look at this again"},)"
    R"({"insert":"\n","attributes":{"list":"bullet"}}]})";

constexpr std::array<BuiltIn, 5> kAll{{
    {"blank", "Blank document", "An empty page.", kBlank},
    {"meeting-notes", "Meeting notes", "Agenda, notes, decisions, and who does what.",
     kMeetingNotes},
    {"project-plan", "Project plan", "Problem, goals, approach, milestones and risks.",
     kProjectPlan},
    {"weekly-report", "Weekly report", "What was done, what comes next, and what is stuck.",
     kWeeklyReport},
    {"decision-record", "Decision record", "What was decided, why, and what else was weighed.",
     kDecisionRecord},
}};

}  // namespace

std::span<const BuiltIn> built_in_templates() {
  return kAll;
}

}  // namespace ob::documents
