/* SPDX-License-Identifier: Apache-2.0 */
#include "ipc/answer.h"

#undef NDEBUG
#include <assert.h>

static void assert_same(const struct answer *a, const struct answer *b)
{
#define TEXT(SYMBOL, name, limit)                                                                  \
	assert(span_is_none(a->name) == span_is_none(b->name) && span_equal(a->name, b->name));
#define NUMBER(SYMBOL, name) assert(a->name == b->name);
	ANSWER_FIELDS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
}

static struct answer full_answer(void)
{
	struct answer a;
	uint64_t n = 1;

#define TEXT(SYMBOL, name, limit) a.name = SPAN(#name);
#define NUMBER(SYMBOL, name) a.name = n++;
	ANSWER_FIELDS(TEXT, NUMBER)
#undef TEXT
#undef NUMBER
	return a;
}

static void test_every_field_travels_and_absent_ones_stay_absent(void)
{
	struct buffer b = BUFFER_INIT(1 << 16);
	struct answer sent = full_answer(), got;

	answer_encode(&sent, &b);
	assert(answer_decode(buffer_span(&b), &got));
	assert_same(&sent, &got);
	buffer_reset(&b);
	answer_init(&sent);
	sent.etag = SPAN("");
	sent.size = 0;
	answer_encode(&sent, &b);
	assert(answer_decode(buffer_span(&b), &got));
	assert_same(&sent, &got);
	buffer_clear(&b);
}

static void test_t70_cut_or_foreign_bytes_are_no_answer(void)
{
	struct buffer b = BUFFER_INIT(1 << 16);
	struct answer sent, got;
	uint8_t unknown = ANSWER_FIELD_COUNT;

	answer_init(&sent);
	sent.key = SPAN("key");
	answer_encode(&sent, &b);
	for (size_t len = 1; len < b.len; len++)
		assert(!answer_decode(span_first(buffer_span(&b), len), &got));
	assert(!answer_decode((struct span){ &unknown, 1 }, &got));
	buffer_clear(&b);
}

static void test_items_are_walked_one_by_one(void)
{
	struct buffer b = BUFFER_INIT(1 << 16);
	struct answer item;
	struct span rest;

	for (uint64_t i = 0; i < 5; i++) {
		answer_init(&item);
		item.size = i;
		answer_append_item(&item, &b);
	}
	rest = buffer_span(&b);
	for (uint64_t i = 0; i < 5; i++) {
		assert(answer_next_item(&rest, &item) == 1);
		assert(item.size == i && span_is_none(item.key));
	}
	assert(answer_next_item(&rest, &item) == 0);
	rest = span_first(buffer_span(&b), b.len - 1);
	for (int i = 0; i < 4; i++)
		assert(answer_next_item(&rest, &item) == 1);
	assert(answer_next_item(&rest, &item) == -EBADMSG);
	buffer_clear(&b);
}

int main(void)
{
	test_every_field_travels_and_absent_ones_stay_absent();
	test_t70_cut_or_foreign_bytes_are_no_answer();
	test_items_are_walked_one_by_one();
	return 0;
}
