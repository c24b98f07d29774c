/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether what is kept is still what was put: a bucket's objects and the parts of its uploads are read from the
 * disk, a step at a time, and compared with the lengths and checksums that the catalog has of them. Nothing is
 * changed. Where a step ended is all that the next one needs.
 */

#include "stored/store.h"

#define SCRUB_STEP_BYTES (1 * MIB)	/* that a step reads of blobs, about */
#define SCRUB_STEP_UNITS 256		/* bodies that it looks at, at most */

#define SCRUB_UPLOAD_LEN 24	/* of an id as it is stored */
#define SCRUB_CRC_LEN 8

/* WHAT(SYMBOL, "word") */
#define SCRUB_DAMAGES(WHAT)                                                                        \
	WHAT(MISSING, "missing")	/* its bytes are not there */                              \
	WHAT(LENGTH, "length")		/* it has another length than it should have */            \
	WHAT(CHECKSUM, "checksum")	/* its bytes are not what they were */                     \
	WHAT(UNREADABLE, "unreadable")	/* the disk does not give its bytes */                     \
	WHAT(ROW, "row")		/* what the catalog says of it cannot be */                \
	WHAT(CATALOG, "catalog")	/* what the catalog says of it cannot be read */

enum scrub_what {
#define WHAT(SYMBOL, word) SCRUB_##SYMBOL,
	SCRUB_DAMAGES(WHAT)
#undef WHAT
	SCRUB_WHATS,
};

/* A literal. */
const char *scrub_word(enum scrub_what w);

struct scrub_damage {
	enum scrub_what what;
	struct span key;		/* empty where it is not known what cannot be read */
	struct span upload_id;		/* of a part, as text; SPAN_NONE of an object */
	uint16_t part_number;		/* of a part */
};

enum scrub_stage {
	SCRUB_OBJECTS = 0,
	SCRUB_PARTS,
	SCRUB_THROUGH,
};

struct scrub_position {
	enum scrub_stage stage;
	bool within;			/* there may be more of `key`, and `upload`; else what comes behind them */
	size_t key_len;
	uint8_t key[S3_KEY_MAX];
	uint8_t upload[SCRUB_UPLOAD_LEN];
	uint32_t unit;			/* the extent that is next; or the part that was last */
	struct ipc_id blob;		/* the one that it is in the midst of, where offset is not 0 */
	uint64_t offset;
	uint8_t crc[SCRUB_CRC_LEN];	/* of its bytes before that */
};


/* For who keeps it between two steps. It need not be one of ours that is read: false where it is none. */
void scrub_position_put(const struct scrub_position *p, struct buffer *b);
must_check bool scrub_position_get(struct span bytes, struct scrub_position *ret);

struct scrub {
	struct ipc_id tenant;
	struct span bucket;
	struct scrub_position position;	/* zeros to begin with; where the step ended */

	/* 0 goes on, < 0 ends the step with it. Must not call the store. */
	int (*damaged)(void *context, const struct scrub_damage *d);
	void *context;

	/* What the step has done. */
	uint64_t bytes;			/* that were read */
	uint64_t objects;		/* of which all was looked at; and parts */
};

/*
 * NO_SUCH_BUCKET, ACCESS_DENIED. Of a catalog that is too damaged to go on with, that is told as a damage,
 * and the row is passed over, or the stage ends. Waits for the disk.
 */
must_check int store_scrub(struct store *s, struct scrub *scrub);

/*
 * Reads the tenant's whole catalog from the disk and looks whether its pages and its indexes are sound: 0, or
 * -EUCLEAN where they are not. Takes as long as it is large; -ECANCELED once *stop is true.
 */
must_check int store_scrub_catalog(struct store *s, const struct ipc_id *tenant,
				   const _Atomic bool *stop);
