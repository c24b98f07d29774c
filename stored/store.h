/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The store: what Coffer keeps, in the words of the domain. Behind these verbs stand one SQLite
 * catalog and one directory of immutable blobs for each tenant, and an index of all buckets' names.
 * Nothing of that shows here, so that another engine can speak the same verbs.
 *
 * Results: 0 is done; a positive one is the enum s3_error that the client is told (exactly this, by
 * any caller: it may be passed on); a negative one is -errno, a failure of ours.
 *
 * Threads: reads (this file) wait for the disk and may be called by any thread at any time, several
 * at once. Writes are struct changes (stored/change.h), handed over with store_submit() from any
 * thread. New blobs are written through stored/blob.h. What a read returns is consistent with every
 * change whose done() has been called.
 *
 * Names: tenants, buckets, keys and markers are spans that are read during the call only. Buckets
 * are looked for on behalf of a tenant: another's bucket is ACCESS_DENIED, and a bucket that is
 * nobody's NO_SUCH_BUCKET. Versions are written as S3 writes them: SPAN_NONE is the current one,
 * "null" the one that was put without versioning.
 */

#include "base/buffer.h"
#include "ipc/wire.h"
#include "s3/checksum.h"
#include "s3/errors.h"
#include "s3/etag.h"
#include "s3/request.h"
#include "stored/durable.h"

struct store;
struct change;

/* --- life ---------------------------------------------------------------------------------- */

/* Zero means: the default. */
struct store_config {
	const char *data_dir;		/* absolute; must exist, and be this process's alone */
	enum durability durability;	/* FULL unless the operator wrote otherwise */
	unsigned int committers;	/* threads that write catalogs */
	unsigned int max_open_catalogs;	/* more are closed, least recently used first */
	uint64_t floor_bytes;		/* free space that uploads leave alone; 0: a part of the disk */
	uint64_t wal_limit;		/* a write-ahead log is checkpointed before it is longer */
	unsigned int sweep_delay_s;	/* from the start to the look for orphans */
	uint64_t uploads_expire_ns;	/* uploads in parts that nobody finishes are ended; 0: never */

	/*
	 * A flush failed, so what that tenant's catalog holds is uncertain: it takes no more
	 * changes, and this process should end and be started again. On any thread; must not call
	 * the store.
	 */
	void (*failed)(void *context, const struct ipc_id *tenant);
	void *context;

	struct durable_hook hook;	/* for crash tests */
};

/*
 * Opens the directory, takes its lock (-EBUSY: another stored has it) and puts the index of buckets
 * right. Starts no thread: the process may still be confining itself.
 */
must_check int store_open(const struct store_config *config, struct store **ret);

/* Starts the committers and the sweep. Before this, reads work and changes wait. */
must_check int store_start(struct store *s);

/* Finishes every submitted change, ends the threads, closes. Objects and blobs must be gone. */
struct store *store_close(struct store *s);
DEFINE_CLEANUP(struct store *, store_close)

/* Appends samples (ipc/sample.h) of what the store has done and what it is at. Any thread. */
void store_tell(struct store *s, struct buffer *to);

/*
 * A courtesy before a body is taken: INSUFFICIENT_STORAGE if these bytes would not leave the floor
 * free. `bytes` may be 0 where the length is unknown. Cheap; looks at the disk once a second.
 */
must_check int store_check_room(struct store *s, uint64_t bytes);

/*
 * What is left of a tenant after CHANGE_ERASE_TENANT: its files and directories, durably. Takes as long
 * as there are many; -ECANCELED once *stop is true. -ENOTEMPTY where uploads that had begun before are
 * still at it. In either case the same again goes on.
 */
must_check int store_remove_tenant(struct store *s, const struct ipc_id *tenant,
				   const _Atomic bool *stop);

/* --- buckets ------------------------------------------------------------------------------- */

#define STORE_REGION_MAX 64

struct bucket {
	uint64_t id;			/* never used again, also when the name is */
	uint64_t created_ns;
	char region[STORE_REGION_MAX];	/* as given to CREATE_BUCKET */
};

must_check int store_find_bucket(struct store *s, const struct ipc_id *tenant, struct span name,
				 struct bucket *ret);

/*
 * What the owner of a bucket has said about it: documents, one of a kind. They are text that the store
 * does not read, and are found by the bucket's name alone, since they say who else may come in.
 *
 * KIND(SYMBOL, "name in rows")
 */
#define STORE_CONFIGURATIONS(KIND)                                                                 \
	KIND(POLICY, "policy")	/* JSON without white space */                                     \
	KIND(PUBLIC_ACCESS_BLOCK, "public-access-block")	/* XML, as it was put */

enum store_configuration {
#define KIND(SYMBOL, name) STORE_CONFIGURATION_##SYMBOL,
	STORE_CONFIGURATIONS(KIND)
#undef KIND
	STORE_CONFIGURATION_COUNT,
};

#define STORE_CONFIGURATION_MAX (64 * KIB)	/* bytes of a document */

struct configuration {
	struct ipc_id owner;		/* the bucket's tenant */
	uint64_t bucket;		/* its id */
	struct span documents[STORE_CONFIGURATION_COUNT];	/* SPAN_NONE: there is none, or it was not asked for */
	struct span owner_id, owner_name;	/* as of when the owner last set one; SPAN_NONE: never */
	uint8_t *memory;
};

/* `kinds` is a set of 1 << enum store_configuration. NO_SUCH_BUCKET. *ret is to be cleared on 0. */
must_check int store_find_configuration(struct store *s, struct span bucket, unsigned int kinds,
					struct configuration *ret);
void configuration_clear(struct configuration *c);

/*
 * Another number than before once the bucket has become another, or its configuration has, and nothing
 * that was found under the same number is out of date. Cheap.
 */
uint64_t store_stamp(struct store *s, struct span bucket);

/* --- usage --------------------------------------------------------------------------------- */

/* What is kept. Bytes are those that clients see: a copy has as many as its source. */
struct usage {
	uint64_t objects;
	uint64_t bytes;
	uint64_t uploads;		/* under way */
	uint64_t upload_bytes;		/* of their parts */
};

#define QUOTA_NONE UINT64_MAX
#define QUOTA_MAX ((uint64_t)INT64_MAX)

/* What of it there may be: QUOTA_NONE, or at most QUOTA_MAX. Uploads under way and their parts count. */
struct quota {
	uint64_t bytes;
	uint64_t objects;
};

/* LIMIT(SYMBOL, "what is told where it stands in the way") */
#define QUOTA_LIMITS(LIMIT)                                                                        \
	LIMIT(BUCKET_BYTES, "The request would exceed the bucket's quota of bytes.")               \
	LIMIT(BUCKET_OBJECTS, "The request would exceed the bucket's quota of objects.")           \
	LIMIT(TENANT_BYTES, "The request would exceed the quota of bytes of the bucket's owner.")  \
	LIMIT(TENANT_OBJECTS, "The request would exceed the quota of objects of the bucket's owner.")

enum quota_limit {
	QUOTA_KEPT = 0,
#define LIMIT(SYMBOL, sentence) QUOTA_##SYMBOL,
	QUOTA_LIMITS(LIMIT)
#undef LIMIT
};

/* A literal; NULL of QUOTA_KEPT. */
const char *quota_sentence(enum quota_limit l);

struct holding {
	struct usage used;
	struct quota quota;
};

#define HOLDING_NONE ((struct holding){ .quota = { QUOTA_NONE, QUOTA_NONE } })

/*
 * Of one bucket, or with SPAN_NONE of the whole tenant; nothing, where that has no bucket. Cheap, and
 * exact: it is what the last commit has left.
 */
must_check int store_find_holding(struct store *s, const struct ipc_id *tenant, struct span bucket,
				  struct holding *ret);

/*
 * Those of the whole tenants whose catalogs are open, until each() is not 0; -ENOMEM before the first.
 * Waits for no disk, and nobody waits for each().
 */
int store_each_holding(struct store *s,
		       int (*each)(void *context, const struct ipc_id *tenant, const struct holding *h),
		       void *context);

/*
 * What is to come, kept free of other reservations before its body is taken: QUOTA_EXCEEDED, with
 * *ret_limit, where with what others have reserved it does not fit. As store_check_room() a courtesy: a
 * commit decides by what is there then, and small bodies and copies, which reserve nothing, may have
 * taken the room. *ret is NULL where there is no quota. An object, or with an upload_id a part.
 */
struct reservation;

struct reservation_terms {
	const struct ipc_id *tenant;
	struct span bucket, key;
	struct span upload_id;		/* SPAN_NONE: an object */
	uint16_t part_number;
	uint64_t bytes;			/* 0 where that is unknown: reservation_grow() as they come */
};

must_check int store_reserve(struct store *s, const struct reservation_terms *t,
			     enum quota_limit *ret_limit, struct reservation **ret);

/* For so many bytes in all, and some more ahead. QUOTA_EXCEEDED. One thread at a time. */
must_check int reservation_grow(struct reservation *r, uint64_t bytes, enum quota_limit *ret_limit);

/* Takes NULL, returns NULL. Any thread. */
struct reservation *reservation_free(struct reservation *r);
DEFINE_CLEANUP(struct reservation *, reservation_free)

/* --- objects ------------------------------------------------------------------------------- */

/* A run of bytes of one immutable blob. */
struct extent {
	struct ipc_id blob;
	uint64_t offset;
	uint64_t len;
};

/* A part as a multipart object remembers it. Their sizes add up to the object's, in order. */
struct object_part {
	uint16_t number;
	uint64_t size;
	struct checksum_value checksum;	/* of the upload's algorithm; NONE where it had none */
};

/* What the store had counted when an object was looked up; its own. */
struct store_mark {
	uint32_t key, tenant;
	uint64_t begun;
};

/*
 * An object as it was at one moment, and does not change any more: whoever has a reference may read it. It holds its
 * blobs: they can be opened until the last object_free(), whatever happens to the key. Its body is either `body`
 * (small) or the extents, one after another.
 */
struct object {
	uint64_t instance;		/* changes with every put to this key */
	uint64_t size;
	uint64_t modified_ns;		/* whole milliseconds */
	struct span etag;		/* text without quotes */
	struct span storage_class;	/* empty: STANDARD */
	struct span attributes;		/* pairs, as they were put */
	struct checksum_value checksum;
	enum checksum_type checksum_type;
	uint32_t parts_count;		/* 0: put in one piece */

	/* With STORE_WITH_DATA: */
	struct span body;		/* SPAN_NONE where there are extents */
	const struct extent *extents;
	size_t n_extents;

	/* With STORE_WITH_PARTS, n_parts is parts_count: */
	const struct object_part *parts;
	size_t n_parts;

	bool marked;			/* for store_is_current() */
	struct store_mark mark;
};

enum store_with {
	STORE_WITH_DATA = 1 << 0,
	STORE_WITH_PARTS = 1 << 1,
};

/*
 * NO_SUCH_KEY; NO_SUCH_VERSION where a version was named. `with` is a set of enum store_with. On 0
 * *ret is the caller's. Conditions are the caller's matter (s3/condition.h).
 */
must_check int store_find_object(struct store *s, const struct ipc_id *tenant, struct span bucket,
				 struct span key, struct span version, unsigned int with,
				 struct object **ret);

/*
 * The same for several look-ups of one thread: *moment, NULL before the first, is kept from one to the next and
 * ended by the caller, soon. What a look-up finds is never older than what anybody was told of, or has found, before it
 * began; as long as no change ends, and none of the key is under way, they share one transaction of the catalog.
 */
struct moment;
must_check int store_find_object_in(struct store *s, struct moment **moment,
				    const struct ipc_id *tenant, struct span bucket,
				    struct span key, struct span version, unsigned int with,
				    struct object **ret);
struct moment *moment_end(struct moment *m);

/*
 * Whether the same look-up would find this object still, as store_find_object_in() has found it: nothing was told of,
 * or can have been seen by anybody, that has changed its key, its bucket or what its tenant has. False where that is not
 * known. Reads nothing, and waits for nobody. Any thread.
 */
bool store_is_current(const struct store *s, const struct object *o);

/*
 * A number for an object's name, by a hash that nobody outside knows: else keys could be chosen that share one. Two names
 * may share a number all the same. Any thread.
 */
uint64_t store_number_of(const struct store *s, const struct ipc_id *tenant, struct span bucket,
			 struct span key);

/* A fresh read-only descriptor of the blob under extents[n]; the object is within it at offset. */
must_check int store_open_extent(struct store *s, const struct object *o, size_t n, int *ret_fd);

/* One more reference, to be freed like the first. Any thread. */
struct object *object_ref(struct object *o);

/* Frees a reference; the last one lets go of the blobs. Any thread. Returns NULL. */
struct object *object_free(struct object *o);
DEFINE_CLEANUP(struct object *, object_free)

/* --- lists --------------------------------------------------------------------------------- */

/* One line of a list. Spans are borrowed until emit() returns. */
struct listing_item {
	bool is_prefix;			/* a common prefix: only `key` is set, and it is that */
	struct span key;		/* or the bucket's name */
	uint64_t size;
	uint64_t modified_ns;		/* an object's; when an upload or a bucket began */
	struct span etag;
	struct span storage_class;
	struct span upload_id;		/* uploads only */
	struct span region;		/* buckets only */
	enum checksum_algorithm checksum_algorithm;
	enum checksum_type checksum_type;
};

/*
 * A list to be made: the caller fills the first half, store_list_*() the second. Items come in the
 * order of the bytes of keys. A page costs the same wherever it begins, and a common prefix costs
 * one step, however many keys are under it.
 */
struct listing {
	struct span prefix;		/* SPAN_NONE or empty: all */
	struct span delimiter;		/* SPAN_NONE or empty: none; any length */
	struct span after;		/* begin behind this key or common prefix; or SPAN_NONE */
	struct span after_upload;	/* uploads: only behind this id of the key `after` */
	uint32_t limit;			/* 0: nothing is emitted, nothing is truncated */
	/* 0 goes on, < 0 ends the list with it. Must not call the store. */
	int (*emit)(void *context, const struct listing_item *item);
	void *context;

	bool truncated;			/* there is more: go on behind `last` */
	uint32_t count;			/* of items emitted */
	size_t last_len;
	uint8_t last[S3_KEY_MAX];	/* the last key or common prefix emitted */
	char last_upload[64];		/* and its upload id */
};

/* Buckets of the tenant; `delimiter` is not used. */
must_check int store_list_buckets(struct store *s, const struct ipc_id *tenant, struct listing *l);

must_check int store_list_objects(struct store *s, const struct ipc_id *tenant, struct span bucket,
				  struct listing *l);

/* By key, then by the moment they began. */
must_check int store_list_uploads(struct store *s, const struct ipc_id *tenant, struct span bucket,
				  struct listing *l);

/* --- uploads in parts ---------------------------------------------------------------------- */

/* What CREATE_UPLOAD was given. Spans are the caller's to free with upload_clear(). */
struct upload {
	uint64_t created_ns;
	struct span attributes;
	struct span storage_class;
	enum checksum_algorithm checksum_algorithm;	/* NONE: not asked for */
	enum checksum_type checksum_type;
	void *memory;
};

struct upload_part {
	uint16_t number;
	uint64_t size;
	uint64_t modified_ns;
	char etag[ETAG_TEXT_MAX];
	struct checksum_value checksum;	/* of the upload's algorithm; NONE where it has none */
};

/* NO_SUCH_UPLOAD. Tells before a body is taken which checksum its part must have. */
must_check int store_find_upload(struct store *s, const struct ipc_id *tenant, struct span bucket,
				 struct span key, struct span upload_id, struct upload *ret);
void upload_clear(struct upload *u);

/* Parts with a greater number than `after`, at most `limit`, into parts[]. */
must_check int store_list_parts(struct store *s, const struct ipc_id *tenant, struct span bucket,
				struct span key, struct span upload_id, uint16_t after,
				uint32_t limit, struct upload_part *parts, uint32_t *ret_count,
				bool *ret_truncated);
