/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Any bytes are lines of a list up to a place, and none from there. What was read is what would be
 * written: made again it is the very bytes. Ids ascend, and are nothing that could be a path.
 */

#undef NDEBUG
#include <assert.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "client/backup/roll.h"

#define INPUT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct roll_line *l, const char *last)
{
	if (l->kind != ROLL_BLOB)
		return;
	assert(span_is_lower_hex(span_from_string(l->blob.id)));
	assert(strlen(l->blob.id) == VAULT_ID_MAX - 1 && strcmp(l->blob.id, last) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = { data ? data : (const uint8_t *)"", MIN(size, (size_t)INPUT_MAX) };
	char again[INPUT_MAX + 1], last[VAULT_ID_MAX] = "";
	FILE *to = fmemopen(again, sizeof(again), "w");
	int fd = memfd_create("roll", MFD_CLOEXEC), r;
	struct roll_line l;
	struct roll roll;
	long len;

	assert(to && fd >= 0 && fd_write_all(fd, input) == 0);
	assert(roll_open(fd, true, &roll) == 0);
	while ((r = roll_next(&roll, &l)) == 1) {
		check(&l, last);
		if (l.kind == ROLL_BLOB)
			memcpy(last, l.blob.id, sizeof(last));
		roll_write(to, &l);
	}
	assert(r == 0 || r == -EBADMSG);
	assert(fflush(to) == 0);
	len = ftell(to);
	assert(len >= 0 && (size_t)len <= input.len && memcmp(again, input.data, (size_t)len) == 0);
	assert(r != 0 || (size_t)len == input.len);
	fclose(to);
	roll_close(&roll);
	return 0;
}
