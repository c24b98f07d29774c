/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdio.h>
#include <fcntl.h>
#include <unistd.h>

#undef NDEBUG
#include <assert.h>

static void test_t52_foreign_bytes_cannot_end_a_line_or_forge_a_field(void)
{
	assert(strcmp(LOG_VALUE(SPAN("plain/key")), "plain/key") == 0);
	assert(strcmp(LOG_VALUE(SPAN("a b")), "\"a b\"") == 0);
	assert(strcmp(LOG_VALUE(SPAN("x\nevent ok=1")), "\"x\\x0aevent ok=1\"") == 0);
	assert(strcmp(LOG_VALUE(SPAN("a=\"b\\")), "\"a=\\\"b\\\\\"") == 0);
	assert(strcmp(LOG_VALUE(SPAN("\xc3\xa9")), "\"\\xc3\\xa9\"") == 0);
	assert(strcmp(LOG_VALUE(SPAN("")), "\"\"") == 0);
}

static void test_long_values_are_cut_visibly_and_stay_inside_the_buffer(void)
{
	char raw[1000];
	const char *shown;

	memset(raw, '\n', sizeof(raw));
	shown = LOG_VALUE(((struct span){ raw, sizeof(raw) }));
	assert(strlen(shown) < LOG_VALUE_MAX);
	assert(strcmp(shown + strlen(shown) - 4, "...\"") == 0);
}

static void test_a_line_is_one_write_and_is_cut_at_its_limit(void)
{
	char read_back[2 * LOG_LINE_MAX];
	int saved = dup(STDERR_FILENO), p[2];
	ssize_t n;

	assert(pipe2(p, 0) == 0 && dup2(p[1], STDERR_FILENO) >= 0);
	log_init("tester", LOG_LEVEL_INFO);
	log_debug("unheard");
	log_info("filled with=%0*d", 3000, 7);
	dup2(saved, STDERR_FILENO);
	n = read(p[0], read_back, sizeof(read_back));
	assert(n == LOG_LINE_MAX && read_back[n - 1] == '\n');
	assert(strncmp(read_back, "tester: filled with=000", 23) == 0);
	assert(memchr(read_back, '\n', (size_t)n) == read_back + n - 1);
}

/* What is written to stderr meanwhile. */
static size_t hear(void (*say)(void), char *to, size_t size)
{
	int saved = dup(STDERR_FILENO), p[2];
	ssize_t n;

	assert(pipe2(p, 0) == 0 && dup2(p[1], STDERR_FILENO) >= 0);
	say();
	dup2(saved, STDERR_FILENO);
	n = read(p[0], to, size - 1);
	assert(n >= 0);
	to[n] = '\0';
	close(saved);
	close(p[0]);
	close(p[1]);
	return (size_t)n;
}

static void say_records(void)
{
	struct record r;

	log_init("tester", LOG_LEVEL_INFO);
	record_begin(&r, RECORD_KV, "one");
	log_record(LOG_LEVEL_INFO, &r);
	record_begin(&r, RECORD_JSON, "two");
	log_record(LOG_LEVEL_INFO, &r);
	record_begin(&r, RECORD_KV, "three");
	log_record(LOG_LEVEL_DEBUG, &r);
}

static void gather_one(const char *event)
{
	struct record r;

	record_begin(&r, RECORD_KV, event);
	log_gather(LOG_LEVEL_INFO, &r);
}

static void gather_and_flush(void)
{
	log_init("tester", LOG_LEVEL_INFO);
	gather_one("one");
	gather_one("two");
	log_flush();
	log_flush();
}

static void gather_and_say_something_else(void)
{
	gather_one("one");
	log_error("two");
	gather_one("lost");
}

static void gather_too_many(void)
{
	for (size_t len = 0; len <= LOG_GATHERED_MAX; len += sizeof("tester: line"))
		gather_one("line");
}

static void test_gathered_lines_come_in_order_with_the_next_that_is_written(void)
{
	char said[2 * LOG_GATHERED_MAX];
	size_t len;

	hear(gather_and_flush, said, sizeof(said));
	assert(strcmp(said, "tester: one\ntester: two\n") == 0);
	hear(gather_and_say_something_else, said, sizeof(said));
	assert(strcmp(said, "tester: one\ntester: two\n") == 0);
	hear(log_flush, said, sizeof(said));
	len = hear(gather_too_many, said, sizeof(said));
	assert(len <= LOG_GATHERED_MAX && len + LOG_LINE_MAX + 100 > LOG_GATHERED_MAX);
	assert(said[len - 1] == '\n');
	hear(log_flush, said, sizeof(said));
	assert(strncmp(said, "tester: line\n", 13) == 0);
}

static void test_a_record_in_json_stands_alone_on_its_line(void)
{
	char heard[200];

	hear(say_records, heard, sizeof(heard));
	assert(strcmp(heard, "tester: one\n{\"event\":\"two\"}\n") == 0);
}

int main(void)
{
	test_t52_foreign_bytes_cannot_end_a_line_or_forge_a_field();
	test_long_values_are_cut_visibly_and_stay_inside_the_buffer();
	test_a_line_is_one_write_and_is_cut_at_its_limit();
	test_gathered_lines_come_in_order_with_the_next_that_is_written();
	test_a_record_in_json_stands_alone_on_its_line();
	return 0;
}
