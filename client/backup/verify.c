/* SPDX-License-Identifier: Apache-2.0 */

/* tenant verify: all that a backup holds, read again and held against what it says of itself. */

#include "base/fd.h"
#include "client/backup/archiver.h"

static int check_blobs(struct archiver *a, struct roll *roll)
{
	struct roll_line l;
	int r, k = 0;

	a->progress.all_entries = a->manifest.counts.blobs;
	a->progress.all_bytes = a->manifest.counts.blob_bytes;
	while (k == 0 && (r = roll_next(roll, &l)) == 1) {
		if (l.kind != ROLL_BLOB)
			continue;
		k = archiver_check_blob(a, &l, NULL);
		a->progress.entries++;
		a->progress.bytes += l.blob.print.length;
	}
	return k;
}

static int check_others(struct archiver *a)
{
	int r = 0;

	for (enum manifest_files i = 0; r == 0 && i < MANIFEST_FILE_COUNT; i++) {
		int fd;

		if (i == MANIFEST_LIST || !a->manifest.files[i].name[0])
			continue;
		r = archiver_open_file(a, i, &fd);
		if (r == 0)
			fd_close(fd);
	}
	return r;
}

static int check_all(struct archiver *a)
{
	struct roll roll;
	int r = vault_open(a->invocation->operand, false, &a->vault, a->why);

	if (r == 0)
		r = manifest_read(a->vault.root_fd, &a->manifest, a->why);
	if (r == 0)
		r = check_others(a);
	if (r == 0)
		r = archiver_open_roll(a, &roll);
	if (r < 0)
		return r;
	r = check_blobs(a, &roll);
	roll_close(&roll);
	return r;
}

int tenant_verify(struct archiver *a)
{
	if (check_all(a) < 0)
		return RUN_STOPPED;
	archiver_tell(a, "whole", a->manifest.tenant);
	return RUN_OK;
}
