/* SPDX-License-Identifier: Apache-2.0 */
#include "client/pair.h"

#include <string.h>

static const struct {
	const char *access_key, *secret_key;
} variables[] = {
	{ "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY" },
	{ "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD" },
	{ "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY" },
};

#define AWS (ARRAY_SIZE(variables) - 1)

static bool fits(const char *part)
{
	return part && part[0] && strlen(part) <= PAIR_PART_MAX;
}

bool pair_set(const char *access_key, const char *secret_key, struct pair *ret)
{
	if (!fits(access_key) || !fits(secret_key))
		return false;
	strcpy(ret->access_key, access_key);
	strcpy(ret->secret_key, secret_key);
	return true;
}

static bool is_set(const char *name)
{
	const char *value = getenv(name);

	return value && value[0];
}

static void forget(const char *name)
{
	char *value = getenv(name);

	if (value)
		sodium_memzero(value, strlen(value));
	unsetenv(name);
}

static int take(size_t i, struct pair *ret, const char **ret_which)
{
	const char *access_key = variables[i].access_key, *secret_key = variables[i].secret_key;

	if (!is_set(access_key) && !is_set(secret_key))
		return PAIR_NONE;
	if (pair_set(getenv(access_key), getenv(secret_key), ret))
		return PAIR_OK;
	*ret_which = fits(getenv(access_key)) ? secret_key : access_key;
	return PAIR_INCOMPLETE;
}

static int take_from(size_t first, struct pair *ret, const char **ret_which)
{
	int r = PAIR_NONE;

	for (size_t i = first; i < ARRAY_SIZE(variables) && r == PAIR_NONE; i++)
		r = take(i, ret, ret_which);
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		forget(variables[i].access_key);
		forget(variables[i].secret_key);
	}
	return r;
}

int pair_take_from_environment(struct pair *ret, const char **ret_which)
{
	return take_from(0, ret, ret_which);
}

int pair_take_aws_from_environment(struct pair *ret, const char **ret_which)
{
	return take_from(AWS, ret, ret_which);
}
