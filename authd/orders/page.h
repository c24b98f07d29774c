/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A list as an order answers it: all there is, as it comes; or where `limit` or `cursor` was said, a
 * page of it in the order of names, and where the next one begins. A page by names misses nothing and
 * shows nothing twice whatever is made and deleted between it and the next.
 */

#include <jansson.h>

#include "base/span.h"

#define PAGE_ITEMS_MAX 100
#define PAGE_BYTES_MAX (64 * 1024)	/* of its items as JSON: long ones make a page shorter */

struct order;

struct page {
	json_t *(*tell)(const void *item);
	json_t *list;		/* NULL: memory ran out */
	struct span cursor;	/* only what comes behind it; SPAN_NONE: from the first */
	size_t limit;		/* 0: all of it */
	size_t n;		/* of the items so far, those with the lowest names; one more than the limit says that there are more */
	struct page_item {
		const char *name;
		const void *item;
	} items[PAGE_ITEMS_MAX + 1];
};

/* `tell` makes an item's JSON, or NULL for lack of memory. */
void page_begin(struct page *p, const struct order *o, json_t *(*tell)(const void *item));

/* Names must differ. They and the items must stay where they are until page_end(). */
void page_offer(struct page *p, const char *name, const void *item);

/* The order's answer, with the list under that name. */
json_t *page_end(struct page *p, const char *name);
