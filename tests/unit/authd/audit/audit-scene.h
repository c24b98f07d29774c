/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An authd whose logs are read as it writes them. */

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "authd/audit/audit.h"
#include "base/record.h"
#include "clerk.h"

/* A file, NUL-terminated and until the next one, or NULL. */
static inline const char *contents_of(const char *of, const char *name)
{
	static char text[64 * 1024];
	char path[200];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", of, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert(n >= 0);
	text[n] = '\0';
	return text;
}

/* As on a full disk: the file may have so many bytes and no more. */
static inline void limit_files(rlim_t bytes)
{
	struct rlimit l;

	signal(SIGXFSZ, SIG_IGN);
	assert(getrlimit(RLIMIT_FSIZE, &l) == 0);
	l.rlim_cur = bytes;
	assert(setrlimit(RLIMIT_FSIZE, &l) == 0);
}

static struct office office;

/* The file of orders, or of denials, once everything has been written. */
static inline const char *kept(const char *name)
{
	for (int i = 0; i < 100 && writer_waiting(office.authd.writer); i++)
		assert(authd_step(&office.authd, 10) == 0);
	return contents_of(office.directory, name);
}

/* How many lines have all of these in them. */
static inline unsigned int count_lines(const char *text, const char *a, const char *b, const char *c)
{
	unsigned int n = 0;

	while (*text) {
		const char *line_end = strchr(text, '\n');
		char line[RECORD_MAX + 1];

		assert(line_end && (size_t)(line_end - text) < sizeof(line));
		memcpy(line, text, (size_t)(line_end - text));
		line[line_end - text] = '\0';
		n += strstr(line, a) && strstr(line, b) && strstr(line, c);
		text = line_end + 1;
	}
	return n;
}

/* Every line is one JSON object with a time. */
static inline void expect_sound(const char *text)
{
	while (*text) {
		const char *line_end = strchr(text, '\n');
		json_t *o =
			json_loadb(text, (size_t)(line_end - text), JSON_REJECT_DUPLICATES, NULL);

		assert(o && json_is_string(json_object_get(o, "time")) &&
		       json_is_string(json_object_get(o, "event")));
		json_decref(o);
		text = line_end + 1;
	}
}

static inline bool order(const char *line)
{
	json_t *answer = clerk_ask(&office, line);
	bool ok = json_is_true(json_object_get(answer, "ok"));

	json_decref(answer);
	return ok;
}
