/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pair.h"

#include <assert.h>
#include <string.h>

static void set(const char *name, const char *value)
{
	assert(setenv(name, value, 1) == 0);
}

static void test_without_variables_there_is_none(void)
{
	const char *which = NULL;
	struct pair pair;

	assert(pair_take_from_environment(&pair, &which) == PAIR_NONE);
}

static void test_first_pair_wins_and_all_are_removed(void)
{
	const char *which = NULL;
	struct pair pair;

	set("AWS_ACCESS_KEY_ID", "aws");
	set("AWS_SECRET_ACCESS_KEY", "aws-secret");
	set("MINIO_ROOT_USER", "root");
	set("MINIO_ROOT_PASSWORD", "root-secret");
	assert(pair_take_from_environment(&pair, &which) == PAIR_OK);
	assert(strcmp(pair.access_key, "root") == 0);
	assert(strcmp(pair.secret_key, "root-secret") == 0);
	assert(!getenv("AWS_ACCESS_KEY_ID") && !getenv("AWS_SECRET_ACCESS_KEY"));
	assert(!getenv("MINIO_ROOT_USER") && !getenv("MINIO_ROOT_PASSWORD"));
}

static void test_half_a_pair_is_named_and_removed(void)
{
	const char *which = NULL;
	struct pair pair;

	set("MINIO_ACCESS_KEY", "key");
	assert(pair_take_from_environment(&pair, &which) == PAIR_INCOMPLETE);
	assert(strcmp(which, "MINIO_SECRET_KEY") == 0);
	assert(!getenv("MINIO_ACCESS_KEY"));
	set("AWS_SECRET_ACCESS_KEY", "secret");
	assert(pair_take_from_environment(&pair, &which) == PAIR_INCOMPLETE);
	assert(strcmp(which, "AWS_ACCESS_KEY_ID") == 0);
}

static void test_empty_variables_are_none(void)
{
	const char *which = NULL;
	struct pair pair;

	set("AWS_ACCESS_KEY_ID", "");
	set("AWS_SECRET_ACCESS_KEY", "");
	assert(pair_take_from_environment(&pair, &which) == PAIR_NONE);
}

static void test_too_long_a_part_is_refused(void)
{
	char longest[PAIR_PART_MAX + 2];
	struct pair pair;

	memset(longest, 'x', sizeof(longest));
	longest[PAIR_PART_MAX + 1] = '\0';
	assert(!pair_set("key", longest, &pair) && !pair_set(longest, "secret", &pair));
	longest[PAIR_PART_MAX] = '\0';
	assert(pair_set("key", longest, &pair) && pair_set(longest, "secret", &pair));
	assert(!pair_set(NULL, "secret", &pair) && !pair_set("key", "", &pair));
}

/* What /proc/PID/environ shows is this memory, whatever getenv() says. */
static void test_secret_is_wiped_from_the_environment_itself(void)
{
	static char variable[] = "MINIO_SECRET_KEY=only-here";
	const char *which = NULL;
	struct pair pair;

	set("MINIO_ACCESS_KEY", "key");
	assert(putenv(variable) == 0);
	assert(pair_take_from_environment(&pair, &which) == PAIR_OK);
	assert(memcmp(variable + sizeof("MINIO_SECRET_KEY"), "\0\0\0\0\0\0\0\0\0", 9) == 0);
}

int main(void)
{
	clearenv();
	test_without_variables_there_is_none();
	test_first_pair_wins_and_all_are_removed();
	test_half_a_pair_is_named_and_removed();
	test_empty_variables_are_none();
	test_too_long_a_part_is_refused();
	test_secret_is_wiped_from_the_environment_itself();
	return 0;
}
