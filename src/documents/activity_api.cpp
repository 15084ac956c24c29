// The endpoint of activity.
#include "documents/api_types.h"
#include "documents/companions.h"

namespace ob::documents {

struct DayOfDocument {
  std::string day;
  std::int64_t edits = 0, editors = 0, views = 0, viewers = 0;
};
BOOST_DESCRIBE_STRUCT(DayOfDocument, (), (day, edits, editors, views, viewers))
struct PersonOfDocument {
  std::string id, name;
  std::int64_t edits = 0, views = 0;
  wire::Instant last_at;
};
BOOST_DESCRIBE_STRUCT(PersonOfDocument, (), (id, name, edits, views, last_at))
struct DocumentActivity {
  std::vector<DayOfDocument> days;
  std::vector<PersonOfDocument> people;
  std::int64_t edits = 0, views = 0;
};
BOOST_DESCRIBE_STRUCT(DocumentActivity, (), (days, people, edits, views))
struct GetActivity {
  std::string id;
  std::int64_t days = 30;
};
BOOST_DESCRIBE_STRUCT(GetActivity, (), (id, days))

}  // namespace ob::documents

namespace ob::wire {

template <>
struct Rules<documents::GetActivity> {
  static constexpr auto value =
      rules(rule(&documents::GetActivity::days,
                 {.min = 1, .max = 400, .optional = true, .text = "Up to today."}));
};
template <>
struct Rules<documents::DayOfDocument> {
  static constexpr auto value = rules(
      rule(&documents::DayOfDocument::day, {.text = "In UTC: 2026-11-22."}),
      rule(&documents::DayOfDocument::edits, {.text = "Updates of the text."}),
      rule(&documents::DayOfDocument::views,
           {.text = "Times somebody opened it, once an hour and person; guests count as one."}));
};
template <>
struct Rules<documents::DocumentActivity> {
  static constexpr auto value =
      rules(rule(&documents::DocumentActivity::days, {.text = "Those with any, oldest first."}),
            rule(&documents::DocumentActivity::people,
                 {.text = "The latest first, 200 at most; id and name are empty of all guests."}));
};

}  // namespace ob::wire

namespace ob::documents {

void register_activity(api::Registry& registry, const Companions& all) {
  registry.add<GetActivity, DocumentActivity>(
      "GET", "/api/v1/documents/{id}/activity",
      {.operation = "getDocumentActivity",
       .tag = "documents",
       .summary = "How much a document was edited and read, by day and person (owners)",
       .errors = {404},
       .guests = true},
      [&all](api::Context& ctx, const GetActivity& request) {
        constexpr Micros kDay = std::int64_t{86'400'000'000};
        const ActivityReport report =
            all.activity().report(visitor_of(ctx), request.id, request.days);
        Names names(all.identity());
        DocumentActivity out;
        for (const ActivityDay& d : report.days) {
          out.days.push_back(
              {format_instant(d.day * kDay).substr(0, 10), d.edits, d.editors, d.views, d.viewers});
          out.edits += d.edits, out.views += d.views;
        }
        for (const ActivityPerson& p : report.people) {
          out.people.push_back({p.user,
                                p.user.empty() ? std::string() : names.of(p.user),
                                p.edits,
                                p.views,
                                {p.last_at}});
        }
        return out;
      });
}

}  // namespace ob::documents
