/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The file that --credentials names: where this server is, and one key and one token that work
 * there, as JSON for programs, mode 0600. It is also the only place that remembers the key's secret
 * and the token between starts: authd tells them once.
 */

#include "client/complaint.h"
#include "client/pair.h"

struct credentials_file {
	int dir_fd;
	const char *name; /* within dir_fd; part of the path it was opened with */
	const char *path;
};

/* The path must outlive *ret. A directory that is not there is a complaint. */
must_check int credentials_open(const char *path, struct credentials_file *ret,
				struct complaint *why);
void credentials_close(struct credentials_file *f);

#define CREDENTIALS_TOKEN_MAX 256

/* What the file is read for. */
struct credentials {
	struct pair pair;
	char token[CREDENTIALS_TOKEN_MAX + 1]; /* empty: none */
};

static inline void credentials_clear(struct credentials *c)
{
	sodium_memzero(c, sizeof(*c));
}

enum credentials_outcome {
	CREDENTIALS_OK = 0,
	CREDENTIALS_NONE, /* no such file, or an empty one */
};

/* A file that is something else is a complaint, so that nothing of anybody else's is replaced later. */
must_check int credentials_read(const struct credentials_file *f, struct credentials *ret,
				struct complaint *why);

/* What the file tells. */
struct credentials_told {
	const char *s3_endpoint;
	const char *rest_endpoint; /* NULL: none */
	const char *region;
	const struct credentials *credentials;
};

must_check int credentials_write(const struct credentials_file *f,
				 const struct credentials_told *told, struct complaint *why);
