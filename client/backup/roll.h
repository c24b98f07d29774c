/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The list of what is in a backup, in lines of ASCII as stored/snapshot.h has them: buckets, then blobs by their
 * ids, each once. In a backup a blob's line also has the BLAKE2b of its bytes, which stored does not know.
 */

#include <stdio.h>

#include "client/backup/fingerprint.h"
#include "client/backup/vault.h"

enum roll_kind {
	ROLL_BUCKET,
	ROLL_BLOB,
};

struct roll_line {
	enum roll_kind kind;
	union {
		struct {
			char name[64];
			uint64_t objects, bytes, uploads, upload_bytes;
		} bucket;
		struct {
			char id[VAULT_ID_MAX];
			struct fingerprint print;
		} blob;
	};
};

struct roll {
	FILE *file;
	bool has_digests;
	char last[VAULT_ID_MAX];	/* the blob before; ids ascend */
	bool has_blobs;
};

/* From the file's beginning, in lines of stored's or, with `has_digests`, of a backup. Takes fd. -errno. */
must_check int roll_open(int fd, bool has_digests, struct roll *ret);
void roll_close(struct roll *r);

/* 1: the next line; 0: the end; -EBADMSG: no line of a list, or not in its place. */
must_check int roll_next(struct roll *r, struct roll_line *ret);

/* From the beginning again. */
void roll_rewind(struct roll *r);

/* As a backup has it. */
void roll_write(FILE *to, const struct roll_line *l);

/* What all lines come to; the list is at its end then. Objects and bytes are those of buckets. */
must_check int roll_count(struct roll *r, struct manifest_counts *ret);
