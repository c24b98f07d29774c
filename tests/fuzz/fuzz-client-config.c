/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any text is a file of settings or is complained of. What was read is what the settings admit, and
 * printed and read again it is the same.
 */

#undef NDEBUG
#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "client/config.h"

#define PATH_SIZE 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_text(struct span text, struct values *v, struct complaint *why)
{
	int fd = memfd_create("config", MFD_CLOEXEC), r;
	char path[PATH_SIZE];

	assert(fd >= 0 && fd_write_all(fd, text) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = config_read(path, v, why);
	fd_close(fd);
	return r;
}

static void check_values(const struct values *v)
{
	for (enum setting s = 0; s < SETTINGS; s++) {
		assert(v->of[s].n <= settings[s].times);
		for (size_t i = 0; i < v->of[s].n; i++)
			assert(setting_admits(s, v->of[s].v[i].text));
	}
}

static void check_same(const struct values *a, const struct values *b)
{
	for (enum setting s = 0; s < SETTINGS; s++) {
		assert(a->of[s].n == b->of[s].n);
		for (size_t i = 0; i < a->of[s].n; i++)
			assert(strcmp(a->of[s].v[i].text, b->of[s].v[i].text) == 0);
	}
}

static void check_again(const struct values *v)
{
	_cleanup_(values_clear) struct values again = { 0 };
	_cleanup_(freep) char *text = NULL;
	struct complaint why = { 0 };
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert(to);
	values_print(v, to);
	assert(fclose(to) == 0);
	assert(read_text((struct span){ text, len }, &again, &why) == CONFIG_OK);
	check_same(v, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(values_clear) struct values v = { 0 };
	struct span text = { data ? data : (const uint8_t *)"", size };
	struct complaint why = { 0 };
	int r = read_text(text, &v, &why);

	assert(r == CONFIG_OK || (r == CONFIG_WRONG && why.error[0]));
	check_values(&v);
	if (r == CONFIG_OK)
		check_again(&v);
	return 0;
}
