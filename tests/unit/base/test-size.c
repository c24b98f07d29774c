/* SPDX-License-Identifier: Apache-2.0 */
#include "base/size.h"

#undef NDEBUG
#include <assert.h>

static const struct {
	const char *text;
	uint64_t bytes;
} sizes[] = {
	{ "0", 0 },
	{ "1", 1 },
	{ "77B", 77 },
	{ "77 bytes", 77 },
	{ "4KiB", 4096 },
	{ " 4 kib ", 4096 },
	{ "500MiB", 500 * MIB },
	{ "10GiB", 10 * GIB },
	{ "2 TiB", 2048 * GIB },
	{ "16777215TiB", UINT64_C(16777215) << 40 },
	{ "18446744073709551615", UINT64_MAX },
};

static const char *const none[] = {
	"",
	"KiB",
	"-1",
	"+1",
	"1.5GiB",
	"10GB",
	"10G",
	"1 GiB 2",
	"1GiB1",
	"0x10",
	"ten",
	"none",
	"1 0",
	"1e3",
	"1PiB",
	"16777216TiB",
	"18446744073709551616",
};

static void test_sizes_are_read_as_operators_write_them(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t bytes = 1234;

		assert(size_parse(span_from_string(sizes[i].text), &bytes));
		assert(bytes == sizes[i].bytes);
	}
}

static void test_what_is_no_size_is_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		uint64_t bytes = 1234;

		assert(!size_parse(span_from_string(none[i]), &bytes));
		assert(bytes == 1234);
	}
}

int main(void)
{
	test_sizes_are_read_as_operators_write_them();
	test_what_is_no_size_is_refused();
	return 0;
}
