/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The XML that comes in bodies that are commands, read by expat and held against S3's schema: bounded
 * in size, depth and entries, in S3's namespace or in none, without a document type and therefore
 * without entities. What does not fit is MALFORMED_XML as a whole; nothing is guessed.
 *
 * What a document says is borrowed from it and lives until it is cleared. Each reader returns 0, > 0: the
 * enum s3_error, or < 0: -errno; *ret must be cleared in every case.
 */

#include "base/buffer.h"
#include "s3/checksum.h"

#define DOCUMENT_DEPTH_MAX 8
#define DOCUMENT_DELETE_MAX 1000
#define DOCUMENT_PARTS_MAX 10000

/* CreateBucketConfiguration */
struct bucket_document {
	struct buffer text;
	struct span location;	/* LocationConstraint, or SPAN_NONE */
};

must_check int bucket_document_read(struct span xml, struct bucket_document *ret);
void bucket_document_clear(struct bucket_document *d);

/* PublicAccessBlockConfiguration */
struct public_access_document {
	struct buffer text;
	unsigned int blocks;	/* set of 1 << enum s3_public_access_block; what is not said is off */
	unsigned int said;	/* likewise: which stood there */
};

must_check int public_access_document_read(struct span xml, struct public_access_document *ret);
void public_access_document_clear(struct public_access_document *d);

/* Delete */
struct delete_entry {
	struct span key;
	struct span version_id;		/* SPAN_NONE where not given, as those below */
	struct span etag;
	struct span last_modified;
	struct span size;
};

struct delete_document {
	struct buffer text;
	struct delete_entry *entries;
	size_t n_entries, entries_size;
	bool quiet;
};

must_check int delete_document_read(struct span xml, struct delete_document *ret);
void delete_document_clear(struct delete_document *d);

/* CompleteMultipartUpload */
struct complete_part {
	unsigned int number;		/* 1 to DOCUMENT_PARTS_MAX */
	struct span etag;		/* as given, often with quotes */
	struct span checksums[CHECKSUM_COUNT];	/* base64, SPAN_NONE where not given */
};

struct complete_document {
	struct buffer text;
	struct complete_part *parts;
	size_t n_parts, parts_size;
};

must_check int complete_document_read(struct span xml, struct complete_document *ret);
void complete_document_clear(struct complete_document *d);

/* Uses expat once, before the process may open no more files. */
must_check int documents_warm_up(void);
