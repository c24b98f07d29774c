/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/engine/place.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "base/fd.h"
#include "s3/encoding.h"

bool id_parse(const char *text, struct ipc_id *ret)
{
	struct span s = span_from_string(text);

	return span_is_lower_hex(s) && hex_decode(s, ret->bytes, sizeof(ret->bytes));
}

void id_make(struct ipc_id *ret)
{
	randombytes_buf(ret->bytes, sizeof(ret->bytes));
}

const char *place_shard(const struct ipc_id *blob, char buf[static 3])
{
	return hex_encode((struct span){ blob->bytes, 1 }, buf);
}

static int open_directory(int parent_fd, const char *name, bool make, const struct durable *d,
			  int *ret_fd)
{
	int fd;

	if (make)
		return durable_make_directory(d, parent_fd, name, ret_fd);
	fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int place_open(int tenants_fd, const struct ipc_id *tenant, bool make, const struct durable *d,
	       struct place *ret)
{
	struct place p = PLACE_NONE;
	char name[IPC_ID_TEXT_SIZE];
	int r;

	r = open_directory(tenants_fd, ipc_id_text(tenant, name), make, d, &p.directory_fd);
	if (r == 0)
		r = open_directory(p.directory_fd, "blobs", make, d, &p.blobs_fd);
	if (r == 0)
		r = open_directory(p.directory_fd, "staging", make, d, &p.staging_fd);
	if (r < 0) {
		place_close(&p);
		return r;
	}
	*ret = p;
	return 0;
}

void place_close(struct place *p)
{
	p->staging_fd = fd_close(p->staging_fd);
	p->blobs_fd = fd_close(p->blobs_fd);
	p->directory_fd = fd_close(p->directory_fd);
}

int place_open_shard(const struct place *p, const struct ipc_id *blob, bool make,
		     const struct durable *d, int *ret_fd)
{
	char name[3];

	return open_directory(p->blobs_fd, place_shard(blob, name), make, d, ret_fd);
}

/* By a path, for it is done for each piece of each download. A link in place of the directory would
 * be followed: but only stored writes there, and it cannot make one. */
int place_open_blob(const struct place *p, const struct ipc_id *blob, int *ret_fd)
{
	char path[sizeof("ab/") - 1 + IPC_ID_TEXT_SIZE];
	int fd;

	place_shard(blob, path);
	path[2] = '/';
	ipc_id_text(blob, path + 3);
	fd = openat(p->blobs_fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}
