/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A change is one write that happens wholly or not at all. It is made by change_new(), filled (what
 * it is to keep, through change_keep()), and submitted. Its tenant's committer decides everything
 * in one transaction - does the bucket exist, do the conditions hold, are the parts there - and
 * calls done() when the outcome is durable. Changes that build on one another (a bucket, then an
 * object in it) are submitted one after the other's done().
 *
 * CHANGE(SYMBOL, symbol, makes more of it): the symbol names the member with its inputs and
 * outputs; what makes more of it is refused while the disk is full, and where it would exceed a quota.
 */
#define CHANGES(CHANGE)                                                                            \
	CHANGE(CREATE_BUCKET, create_bucket, true)                                                 \
	CHANGE(DELETE_BUCKET, delete_bucket, false)                                                \
	CHANGE(PUT_OBJECT, put_object, true)                                                       \
	CHANGE(COPY_OBJECT, copy_object, true)                                                     \
	CHANGE(DELETE_OBJECT, delete_object, false)                                                \
	CHANGE(DELETE_OBJECTS, delete_objects, false)                                              \
	CHANGE(CREATE_UPLOAD, create_upload, true)                                                 \
	CHANGE(PUT_PART, put_part, true)                                                           \
	CHANGE(COPY_PART, copy_part, true)                                                         \
	CHANGE(COMPLETE_UPLOAD, complete_upload, false)                                            \
	CHANGE(ABORT_UPLOAD, abort_upload, false)                                                  \
	CHANGE(FORGET_DEAD, forget_dead, false) /* the sweep's own */                              \
	CHANGE(RECOUNT, recount, false)                                                            \
	CHANGE(ERASE_TENANT, erase_tenant, false)                                                  \
	CHANGE(ADOPT, adopt, false)                                                                \
	CHANGE(SET_QUOTA, set_quota, false)                                                        \
	CHANGE(SET_CONFIGURATION, set_configuration, false) /* a full store can be closed to others */

#include "base/turns.h"
#include "ipc/erase.h"
#include "s3/condition.h"
#include "stored/blob.h"
#include "stored/restoration.h"
#include "stored/store.h"

enum change_kind {
#define CHANGE(SYMBOL, symbol, more) CHANGE_##SYMBOL,
	CHANGES(CHANGE)
#undef CHANGE
	CHANGE_KIND_COUNT,
};

#define UPLOAD_ID_TEXT_MAX 64

/* The bytes of a new object or part, and what was computed while they came. */
struct change_data {
	struct blob *blob;		/* finished; the change's from store_submit() on. Or: */
	struct span body;		/* kept; for objects only, not for parts */
	uint64_t size;			/* 0 with neither of them: empty */
	uint8_t md5[16];
	uint8_t crc64nvme[8];		/* always computed, for the sake of the store itself */
	struct checksum_value checksum;	/* as the client wanted; NONE: the CRC-64/NVME is shown */
};

/* What an object or part is after the change. */
struct change_made {
	char etag[ETAG_TEXT_MAX];
	uint64_t modified_ns;
	uint64_t size;
	struct checksum_value checksum;
	enum checksum_type checksum_type;
	uint32_t parts_count;
};

/* Whose copy is to be made. Only objects of the same tenant can be copied. */
struct change_source {
	struct span bucket, key, version;
	struct condition condition;	/* condition_of_source() */
	uint64_t instance;		/* 0: any; else -ESTALE if another is there now */
};

struct change_create_bucket {
	struct span region;
	uint64_t created_ns;		/* out */
};

struct change_delete_bucket {
	uint64_t n_uploads;		/* out: uploads under way that went with it */
};

struct change_put_object {
	struct change_data data;
	struct span attributes, storage_class;
	struct condition condition;	/* PRECONDITION_FAILED, NO_SUCH_KEY */
	struct change_made made;	/* out */
};

/*
 * By reference: no data is copied. INVALID_REQUEST where the source is larger than S3_PUT_MAX;
 * PRECONDITION_FAILED, NO_SUCH_KEY, NO_SUCH_VERSION. To keep a checksum of another algorithm,
 * compute it of an object that store_find_object() gave, and name its instance in the source.
 */
struct change_copy_object {
	struct change_source source;
	bool replace;			/* attributes are those here, not the source's */
	struct span attributes, storage_class;
	struct checksum_value checksum;	/* NONE: the source's */
	struct condition condition;	/* on what is replaced */
	struct change_made made;	/* out */
};

/* What is not there is deleted already: 0. */
struct change_delete_object {
	struct span version;
	struct condition condition;	/* If-Match */
	bool existed;			/* out */
};

struct change_delete_item {
	struct span key, version;
	struct condition condition;
	bool forbidden;			/* it is left alone: ACCESS_DENIED */
	int result;			/* out: 0 or an enum s3_error, for this key */
};

/* All in one transaction, each with a result of its own; the change's own is about the bucket. */
struct change_delete_objects {
	struct change_delete_item *items;	/* change_keep_array() */
	size_t n;
};

struct change_create_upload {
	struct span attributes, storage_class;
	enum checksum_algorithm checksum_algorithm;	/* NONE: none asked for */
	enum checksum_type checksum_type;
	char upload_id[UPLOAD_ID_TEXT_MAX];	/* out */
	uint64_t created_ns;			/* out */
};

/*
 * NO_SUCH_UPLOAD; INVALID_REQUEST where the upload is of an algorithm and data.checksum of another.
 * A part that was there under this number is replaced. data.body cannot be used.
 */
struct change_put_part {
	struct span upload_id;
	uint16_t number;		/* 1 to S3_PART_COUNT_MAX, else INVALID_ARGUMENT */
	struct change_data data;
	struct change_made made;	/* out */
};

/*
 * A whole object as a part, by reference. -EXDEV where only copying the bytes into a new blob will
 * do (a small or multipart source, another checksum): then PUT_PART. A range always does.
 */
struct change_copy_part {
	struct change_source source;
	struct span upload_id;
	uint16_t number;
	struct change_made made;	/* out */
};

struct change_part_claim {
	uint16_t number;
	struct span etag;		/* with quotes or without */
	struct checksum_value checksum;	/* NONE where not sent */
};

/*
 * NO_SUCH_UPLOAD, INVALID_PART_ORDER, INVALID_PART, ENTITY_TOO_SMALL, ENTITY_TOO_LARGE,
 * INVALID_REQUEST (size or checksum type), BAD_DIGEST, PRECONDITION_FAILED, NO_SUCH_KEY. Once it is
 * complete, the same list again gets the same answer for 24 h; another list is NO_SUCH_UPLOAD.
 */
struct change_complete_upload {
	struct span upload_id;
	const struct change_part_claim *parts;	/* change_keep_array() */
	size_t n_parts;
	struct checksum_value checksum;		/* of the whole, as claimed; NONE: not */
	uint32_t checksum_parts;		/* the N of a "-N" behind it; 0: none stood there */
	enum checksum_type checksum_type;	/* as claimed; NONE: not */
	uint64_t size;				/* x-amz-mp-object-size, or S3_LENGTH_UNKNOWN */
	struct condition condition;
	struct change_made made;		/* out */
};

/* NO_SUCH_UPLOAD; PRECONDITION_FAILED where it is not over yet. */
struct change_abort_upload {
	struct span upload_id;
	uint64_t before_ms;		/* only where it began, and was last added to, before; 0: in any case */
};

struct change_forget_dead {
	const struct ipc_id *ids;
	size_t n;
};

/*
 * One step of counting the bucket again, which may be one that is hidden. The step that is the last
 * compares what it came to with the figures of the bucket, and puts those right. -ESTALE: the count
 * was given up, as where another was begun; begin again.
 */
struct change_recount {
	uint64_t number;		/* 0: the first step. Out: for the next one */
	bool through;			/* out, and with it: */
	struct usage recorded, counted;
};

/*
 * Nothing of the tenant can be found any more when it is done, and store_remove_tenant() may take away
 * the rest. BUCKET_NOT_EMPTY where it has a bucket, and not all of it is to go. A tenant that has
 * nothing here, or not any more, is done at once. `bucket` is SPAN_NONE.
 */
struct change_erase_tenant {
	enum erase_mode mode;
};

/*
 * The tenant has what was restored, from now on: its buckets' names, all or none, and then its catalog. The
 * restoration is finished, and outlives the change. BUCKET_ALREADY_EXISTS: `taken` has a name that is another's.
 * `bucket` is SPAN_NONE.
 */
struct change_adopt {
	struct restoration *restoration;
	char taken[64];			/* out */
};

/*
 * Of the bucket, or where the change names none of the tenant, which then need not have anything yet.
 * A quota may be less than what is used: then nothing can be added until it is not any more.
 */
struct change_set_quota {
	struct quota quota;
	bool bytes, objects;		/* whether this one is set; else it stays */
};

/*
 * One document of the bucket's configuration; SPAN_NONE takes it away. -ESTALE where the one that this
 * was decided by is not what it was.
 */
struct change_set_configuration {
	enum store_configuration kind;
	struct span document;		/* at most STORE_CONFIGURATION_MAX, else -EMSGSIZE */
	bool depends;			/* it was decided by: */
	enum store_configuration on;
	struct span on_document;	/* SPAN_NONE: that there is none */
	struct span owner_id, owner_name;	/* text; SPAN_NONE: as they are */
};

struct change {
	enum change_kind kind;
	struct ipc_id tenant;
	struct span bucket, key;	/* kept */
	union {
#define CHANGE(SYMBOL, symbol, more) struct change_##symbol symbol;
		CHANGES(CHANGE)
#undef CHANGE
	};

	struct reservation *reservation;	/* for what it adds; the change's. NULL: none */
	enum quota_limit exceeded;	/* with QUOTA_EXCEEDED: which */

	/* Called once, on a thread of the store, when the outcome is final. Must not wait. */
	void (*done)(struct change *c);
	void *context;			/* the submitter's */
	int result;			/* 0, an enum s3_error, or -errno */

	/* The store's. */
	struct turn turn;		/* among what waits for a committer */
	struct change *next;		/* among what waits for the index of buckets */
	struct change *next_under_way;	/* among creations of buckets */
	struct span missing;		/* with NO_SUCH_BUCKET: the bucket */
	bool uncertain;			/* the commit failed so that it may have happened */
	struct change_memory *memory;
};

/* bucket and key are kept; key may be SPAN_NONE. All else is zero. */
must_check int change_new(enum change_kind kind, const struct ipc_id *tenant, struct span bucket,
			  struct span key, struct change **ret);

/* Copies bytes that live as long as the change. SPAN_NONE stays SPAN_NONE. */
must_check int change_keep(struct change *c, struct span bytes, struct span *ret);
must_check int change_keep_condition(struct change *c, const struct condition *from,
				     struct condition *ret);

/* Zeroed memory for n elements of `size` bytes, that lives as long as the change. */
void *change_keep_array(struct change *c, size_t n, size_t size);

/* Frees it; a blob that it did not make part of the store is dropped. NULL is fine. */
struct change *change_free(struct change *c);
DEFINE_CLEANUP(struct change *, change_free)

/*
 * Hands the change over; it comes back through done(), which may come before this returns.
 * SLOW_DOWN: too many are waiting; done() is not called and the change is still the caller's.
 */
must_check int store_submit(struct store *s, struct change *c);

/* "put_object": for logs. */
const char *change_name(enum change_kind kind);

/* The data that a change brings, or NULL where its kind brings none. */
struct change_data *change_data(struct change *c);
