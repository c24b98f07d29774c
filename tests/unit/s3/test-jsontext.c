/* SPDX-License-Identifier: Apache-2.0 */
#include "s3/jsontext.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#undef NDEBUG
#include <assert.h>

static const char text[] =
	"{\"name\":\"of more than sixteen and of more than thirty-two characters\","
	"\"number\":1234567890123456,\"list\":[\"\\u00e9 and so on, for very long\"]}";

static unsigned int budget;

static void *allocate(size_t len)
{
	if (!budget) {
		jsontext_starve();
		return NULL;
	}
	budget--;
	return malloc(len);
}

static int read_text(const char *from, json_t **ret)
{
	return jsontext_read(span_from_string(from), ret, NULL);
}

static void test_a_text_is_read(void)
{
	json_t *root = NULL;

	assert(read_text(text, &root) == JSONTEXT_OK && json_object_size(root) == 3);
	json_decref(root);
}

static void test_what_is_malformed_is_told(void)
{
	json_t *root = NULL;
	json_error_t error;

	assert(read_text("{\"name\":", &root) == JSONTEXT_MALFORMED && !root);
	assert(read_text("{} {}", &root) == JSONTEXT_MALFORMED && !root);
	assert(jsontext_read(SPAN("{\"a\":1,\"a\":1}"), &root, &error) == JSONTEXT_MALFORMED &&
	       !root);
	assert(json_error_code(&error) == json_error_duplicate_key);
}

/* Never another one. */
static void test_where_memory_ends_it_is_read_wholly_or_not_at_all(void)
{
	json_t *whole = json_loads(text, 0, NULL), *root = NULL;
	unsigned int n = 0;
	int r;

	json_set_alloc_funcs(allocate, free);
	do {
		budget = n++;
		r = read_text(text, &root);
		assert(r == 0 || r == -ENOMEM);
	} while (r < 0);
	assert(json_equal(root, whole) && n > 10);
	json_decref(root);
	json_decref(whole);
}

int main(void)
{
	test_a_text_is_read();
	test_what_is_malformed_is_told();
	test_where_memory_ends_it_is_read_wholly_or_not_at_all();
	return 0;
}
