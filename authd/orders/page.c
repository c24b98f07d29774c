/* SPDX-License-Identifier: Apache-2.0 */
#include "authd/orders/page.h"

#include "authd/orders/orders.h"
#include "authd/orders/reply.h"

void page_begin(struct page *p, const struct order *o, json_t *(*tell)(const void *item))
{
	p->tell = tell;
	p->list = json_array();
	p->cursor = order_text(o, MEMBER_CURSOR);
	p->limit = o->values[MEMBER_LIMIT]   ? order_number(o, MEMBER_LIMIT)
		   : span_is_none(p->cursor) ? 0
					     : PAGE_ITEMS_MAX;
	p->n = 0;
}

static bool is_behind(const char *name, struct span cursor)
{
	return span_is_none(cursor) || span_compare(span_from_string(name), cursor) > 0;
}

/* Into its place among those with the lowest names. */
static void insert(struct page *p, const char *name, const void *item)
{
	size_t most = p->limit + 1, at = p->n;

	if (p->n == most && strcmp(name, p->items[most - 1].name) > 0)
		return;
	if (p->n == most)
		at--;
	else
		p->n++;
	for (; at && strcmp(name, p->items[at - 1].name) < 0; at--)
		p->items[at] = p->items[at - 1];
	p->items[at] = (struct page_item){ name, item };
}

void page_offer(struct page *p, const char *name, const void *item)
{
	if (p->limit && is_behind(name, p->cursor))
		insert(p, name, item);
	else if (!p->limit && p->list)
		(void)!reply_add_item(&p->list, p->tell(item));
}

/* How many of the items are on the page; the list is made of them. */
static size_t fill(struct page *p)
{
	size_t n = 0, len = 0;

	while (p->list && n < MIN(p->n, p->limit)) {
		json_t *told = p->tell(p->items[n].item);

		len += told ? json_dumpb(told, NULL, 0, JSON_COMPACT) + 1 : 0;
		/* The first one is there in any case, or who asks for the next page hears the same
		 * again. */
		if (n && len > PAGE_BYTES_MAX) {
			json_decref(told);
			break;
		}
		if (!reply_add_item(&p->list, told))
			break;
		n++;
	}
	return n;
}

json_t *page_end(struct page *p, const char *name)
{
	size_t n = fill(p);
	json_t *answer = reply_done(name, p->list), *next;

	if (!p->limit || !answer)
		return answer;
	next = n < p->n ? json_string(p->items[n - 1].name) : json_null();
	if (json_object_set_new(answer, "next_cursor", next) == 0)
		return answer;
	json_decref(answer);
	return NULL;
}
