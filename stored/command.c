/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/command.h"

#include <sys/stat.h>

#include "base/fd.h"
#include "stored/integrity.h"

bool command_is_sealed(int fd, uint32_t len)
{
	struct stat st;

	return fd_is_sealed(fd) && fstat(fd, &st) == 0 && len <= S3_COMMAND_MAX &&
	       (uint64_t)st.st_size == len;
}

int command_read(int fd, uint32_t len, const struct s3_request *r,
		 const struct hash_methods *methods, uint8_t **ret, const char **ret_detail)
{
	_cleanup_(freep) uint8_t *bytes = malloc(len ? len : 1);
	struct hasher_wants wants = integrity_wants(r, CHECKSUM_NONE);
	struct hashes hashes;
	int e;

	if (!bytes)
		return -ENOMEM;
	e = fd_pread_all(fd, bytes, len, 0);
	if (e == 0)
		e = hash_bytes(methods, &wants, (struct span){ bytes, len }, &hashes);
	if (e == 0)
		e = integrity_check(r, &hashes, SPAN_NONE, ret_detail);
	if (e == 0)
		*ret = steal_ptr(bytes);
	return e;
}
