#pragma once
// Requests that several endpoints share, and pages of lists that are held in memory.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/api.h"

namespace ob::identity {

struct IdRequest {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(IdRequest, (), (id))

struct ListRequest {
  std::int64_t limit = 100;
  std::string after;
};
BOOST_DESCRIBE_STRUCT(ListRequest, (), (limit, after))

// `all` is in the order of `cursor`, a member or function giving a text; Answer has `items`, of
// what `to_item` makes, and `next`.
template <class Answer, class Item, class Cursor, class ToItem>
Answer page_of(const std::vector<Item>& all, const ListRequest& request, Cursor cursor,
               ToItem to_item) {
  Answer answer;
  std::string last;
  for (const Item& item : all) {
    const std::string at = std::invoke(cursor, item);
    if (!request.after.empty() && at <= request.after) continue;
    if (static_cast<std::int64_t>(answer.items.size()) == request.limit) {
      answer.next = last;
      break;
    }
    answer.items.push_back(to_item(item));
    last = at;
  }
  return answer;
}

}  // namespace ob::identity

template <>
struct ob::wire::Rules<ob::identity::ListRequest> {
  static constexpr auto value =
      rules(rule(&ob::identity::ListRequest::limit, {.min = 1, .max = 1000, .optional = true}),
            rule(&ob::identity::ListRequest::after,
                 {.max = 254, .optional = true, .text = "The `next` of the page before."}));
};
