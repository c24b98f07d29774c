/* SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG

/*
 * Each filter says for each call what tests/policy/golden/<process>.txt says. Whoever changes
 * policy/rules.h changes these files too, and the reviewer sees there what it came to: run with
 * --write, then read the difference.
 *
 * A line of the list is a call that does not simply end the process, one line per row of rules.h:
 *
 *	call [argument=value ...] verdict [argument:bits ...]
 *
 * where the bits are those that may be flipped, each by itself, without changing the verdict.
 * Arguments that may be anything are not named.
 */

#include <assert.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "policy/rules.h"
#include "simulate.h"

/* The names and numbers of x86-64; elsewhere only what does not depend on them is checked. */
#if defined(__x86_64__)
#define HAS_GOLDEN_LISTS true
#else
#define HAS_GOLDEN_LISTS false
#endif

#define LAST_NUMBER 600
#define X32_BIT	    0x40000000

static uint64_t free_bits(const struct filter *f, struct call c, int argument)
{
	uint32_t verdict = simulate(f, c);
	uint64_t bits = 0;

	for (int bit = 0; bit < 64; bit++) {
		struct call flipped = c;

		flipped.argument[argument] ^= UINT64_C(1) << bit;
		if (simulate(f, flipped) == verdict)
			bits |= UINT64_C(1) << bit;
	}
	return bits;
}

static void print_name(struct buffer *b, int number)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

	assert(name);
	buffer_append_string(b, name);
	free(name);
}

static void print_call(struct buffer *b, const struct filter *f, struct call c)
{
	print_name(b, c.number);
	for (int i = 0; i < SIMULATE_ARGUMENTS; i++)
		if (c.argument[i] || ~free_bits(f, c, i))
			buffer_printf(b, " %d=%#" PRIx64, i, c.argument[i]);
	buffer_printf(b, " %s", verdict_name(simulate(f, c)));
	for (int i = 0; i < SIMULATE_ARGUMENTS; i++) {
		uint64_t bits = free_bits(f, c, i);

		if (~bits)
			buffer_printf(b, " %d:%016" PRIx64, i, bits);
	}
	buffer_append_byte(b, '\n');
}

/* The arguments that satisfy a row: for "within", none of the bits. */
static struct call satisfying(const struct rule *rule)
{
	struct call c = { .number = rule->number };

	for (int i = 0; i < RULE_CONDITIONS_MAX && rule->when[i].used; i++)
		c.argument[rule->when[i].argument] = rule->when[i].value;
	return c;
}

static bool is_killed(const struct filter *f, struct call c)
{
	return simulate(f, c) == SECCOMP_RET_KILL_PROCESS;
}

static void print_number(struct buffer *b, const struct filter *f, enum process p, int number)
{
	struct call zeros = { .number = number }, ones = { .number = number };
	bool told = false;
	size_t n;
	const struct rule *rules = rule_list(p, &n);

	memset(ones.argument, 0xff, sizeof(ones.argument));
	for (size_t i = 0; i < n; i++) {
		if (rules[i].number != number)
			continue;
		print_call(b, f, satisfying(&rules[i]));
		told = true;
	}
	if (told)
		return;
	/* Not in the list: then no argument may make a difference. */
	assert(simulate(f, zeros) == simulate(f, ones));
	if (!is_killed(f, zeros))
		print_call(b, f, zeros);
}

static struct filter *compile(enum process p)
{
	struct filter *f;

	assert(filter_compile(p, &f) == 0);
	return f;
}

static void print_list(struct buffer *b, const struct filter *f, enum process p)
{
	buffer_printf(b, "# What %s may do on x86-64. All other calls from 0 to %d: kill.\n",
		      process_name(p), RULES_NEWEST_CALL);
	for (int number = 0; number <= RULES_NEWEST_CALL; number++)
		print_number(b, f, p, number);
	assert(buffer_error(b) == 0);
}

static void golden_path(const char *directory, enum process p, char path[static 512])
{
	assert(snprintf(path, 512, "%s/%s.txt", directory, process_name(p)) < 512);
}

static void write_list(const char *directory, enum process p, struct span text)
{
	char path[512];
	FILE *file;

	golden_path(directory, p, path);
	file = fopen(path, "w");
	assert(file && fwrite(text.data, 1, text.len, file) == text.len && fclose(file) == 0);
}

/* Says the first line that differs, so that the log of a failure is enough. */
static int compare_list(const char *directory, enum process p, struct span text)
{
	static char golden[64 * KIB];
	struct span rest, mine, theirs;
	char path[512];
	FILE *file;

	golden_path(directory, p, path);
	file = fopen(path, "r");
	assert(file);
	rest = (struct span){ golden, fread(golden, 1, sizeof(golden), file) };
	assert(feof(file) && fclose(file) == 0);
	while (text.len || rest.len) {
		text = span_cut(text, '\n', &mine);
		rest = span_cut(rest, '\n', &theirs);
		if (!span_equal(mine, theirs)) {
			fprintf(stderr, "%s\n  golden: %.*s\n  filter: %.*s\n", path,
				(int)theirs.len, (const char *)theirs.data, (int)mine.len,
				(const char *)mine.data);
			return 1;
		}
	}
	return 0;
}

static void test_foreign_architectures_are_killed(const struct filter *f)
{
	static const uint32_t foreign[] = { AUDIT_ARCH_I386, AUDIT_ARCH_ARM, 0xffffffff };

	for (int number = 0; number <= LAST_NUMBER; number++)
		for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
			assert(is_killed(f, (struct call){ foreign[i], number }));
}

static void test_numbers_of_nobody_are_killed(const struct filter *f)
{
	for (int number = 0; number <= LAST_NUMBER; number++)
		assert(is_killed(f, (struct call){ .number = X32_BIT + number }));
	assert(is_killed(f, (struct call){ .number = -1 }));
	assert(is_killed(f, (struct call){ .number = INT32_MAX }));
	assert(is_killed(f, (struct call){ .number = INT32_MIN }));
}

static void test_calls_to_come_are_not_there_yet(const struct filter *f)
{
	for (int number = RULES_NEWEST_CALL + 1; number <= LAST_NUMBER; number++)
		assert(simulate(f, (struct call){ .number = number }) ==
		       (SECCOMP_RET_ERRNO | ENOSYS));
}

int main(int argc, char **argv)
{
	bool write = HAS_GOLDEN_LISTS && argc == 3 && strcmp(argv[1], "--write") == 0;
	const char *directory = argv[argc - 1];
	int failed = 0;

	assert(argc == 2 || write);
	for (enum process p = 0; p < PROCESSES; p++) {
		struct buffer b = BUFFER_INIT(64 * KIB);
		struct filter *f = compile(p);

		test_foreign_architectures_are_killed(f);
		test_numbers_of_nobody_are_killed(f);
		test_calls_to_come_are_not_there_yet(f);
		print_list(&b, f, p);
		if (write)
			write_list(directory, p, buffer_span(&b));
		else if (HAS_GOLDEN_LISTS)
			failed += compare_list(directory, p, buffer_span(&b));
		buffer_clear(&b);
		filter_free(f);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
