/* SPDX-License-Identifier: Apache-2.0 */
#include "stored/scrub.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "ipc/schema.h"
#include "s3/encoding.h"
#include "stored/engine/engine.h"
#include "stored/engine/layout.h"
#include "stored/engine/rows.h"

#define CHUNK	      (256 * KIB)
#define STOP_LOOK_OPS 100000 /* of SQLite's virtual machine, between two looks at *stop */

_Static_assert(SCRUB_UPLOAD_LEN == UPLOAD_ID_LEN, "ids of uploads fit");
_Static_assert(IPC_POSITION_MAX >= 2 + 4 + S3_KEY_MAX + SCRUB_UPLOAD_LEN + 4 + 16 + 8 + 8,
	       "a position fits");

/* --- words ----------------------------------------------------------------------------------- */

const char *scrub_word(enum scrub_what w)
{
	static const char *const words[SCRUB_WHATS] = {
#define WHAT(SYMBOL, word) [SCRUB_##SYMBOL] = (word),
		SCRUB_DAMAGES(WHAT)
#undef WHAT
	};

	return words[w];
}

/* --- positions ------------------------------------------------------------------------------- */

void scrub_position_put(const struct scrub_position *p, struct buffer *b)
{
	wire_put_u8(b, (uint8_t)p->stage);
	wire_put_u8(b, p->within);
	wire_put_bytes(b, (struct span){ p->key, p->key_len });
	wire_put_raw(b, p->upload, sizeof(p->upload));
	wire_put_u32(b, p->unit);
	wire_put_raw(b, p->blob.bytes, sizeof(p->blob.bytes));
	wire_put_u64(b, p->offset);
	wire_put_raw(b, p->crc, sizeof(p->crc));
}

bool scrub_position_get(struct span bytes, struct scrub_position *ret)
{
	struct wire_reader r = wire_reader(bytes);
	struct scrub_position p = { .stage = wire_get_u8(&r) };
	uint8_t within = wire_get_u8(&r);
	struct span key = wire_get_bytes(&r, sizeof(p.key));

	wire_get_raw(&r, p.upload, sizeof(p.upload));
	p.unit = wire_get_u32(&r);
	wire_get_raw(&r, p.blob.bytes, sizeof(p.blob.bytes));
	p.offset = wire_get_u64(&r);
	wire_get_raw(&r, p.crc, sizeof(p.crc));
	if (!wire_ended(&r) || within > 1 || p.stage > SCRUB_THROUGH)
		return false;
	p.within = within;
	p.key_len = key.len;
	if (key.len)
		memcpy(p.key, key.data, key.len);
	*ret = p;
	return true;
}

static struct span key_of(const struct scrub *s)
{
	return (struct span){ s->position.key, s->position.key_len };
}

static int enter(struct scrub_position *p, struct span key)
{
	if (key.len > sizeof(p->key))
		return -EUCLEAN;
	memcpy(p->key, key.data, key.len);
	p->key_len = key.len;
	p->within = true;
	p->unit = 0;
	p->offset = 0;
	return 0;
}

static void leave(struct scrub *s)
{
	s->position.within = false;
	s->position.offset = 0;
}

static void next_stage(struct scrub_position *p)
{
	*p = (struct scrub_position){ .stage = p->stage + 1 };
}

/* --- one step -------------------------------------------------------------------------------- */

/* A blob that is to be read, pinned. */
struct target {
	bool is_there; /* else there is nothing to be read just now */
	struct extent extent;
	uint64_t size;
	struct checksum_value crc;
};

struct step {
	struct store *store;
	struct scrub *scrub;
	struct catalog *catalog; /* a reference */
	struct database *db; /* of its own: what others have in memory is not what is on the disk */
	uint64_t bucket;
	uint8_t *room;
};

static int report(struct step *t, enum scrub_what what)
{
	const struct scrub_position *p = &t->scrub->position;
	struct scrub_damage d = { .what = what, .key = key_of(t->scrub), .upload_id = SPAN_NONE };
	char upload[2 * UPLOAD_ID_LEN + 1];

	if (p->stage == SCRUB_PARTS && p->within) {
		hex_encode((struct span){ p->upload, UPLOAD_ID_LEN }, upload);
		d.upload_id = span_from_string(upload);
		d.part_number = (uint16_t)p->unit;
	}
	meter_add(&t->store->meters.damages[what], 1);
	return t->scrub->damaged(t->scrub->context, &d);
}

/* The row that speaks for the blob; without, the catalog contradicts itself. */
static int find_blob(struct step *t, struct target *target)
{
	_cleanup_(query_end) struct query q = query_begin(t->db, CATALOG_FIND_BLOB);
	int r;

	query_bytes(&q, (struct span){ target->extent.blob.bytes, sizeof(target->extent.blob) });
	r = query_step(&q);
	if (r < 0)
		return r;
	if (r == 0)
		return report(t, SCRUB_ROW);
	target->size = query_column_number(&q, 0);
	target->crc.algorithm = CHECKSUM_CRC64NVME;
	r = query_column_copy(&q, 1, target->crc.bytes, SCRUB_CRC_LEN);
	if (r == 0)
		r = catalog_pin(t->catalog, &target->extent, 1);
	target->is_there = r == 0;
	return r;
}

/* --- objects --------------------------------------------------------------------------------- */

static int find_next_object(struct step *t)
{
	_cleanup_(query_end) struct query q = query_begin(t->db, CATALOG_COUNT_OBJECTS);
	int r;

	query_number(&q, t->bucket);
	query_bytes(&q, key_of(t->scrub));
	query_bytes(&q, SPAN(""));
	query_number(&q, 1);
	r = query_step(&q);
	if (r == 0)
		next_stage(&t->scrub->position);
	return r == 1 ? enter(&t->scrub->position, query_column_bytes(&q, 0)) : r;
}

/* An inline body. One of a composite checksum has no bytes. */
static int check_body(struct step *t, const struct object_row *row, struct span body)
{
	_cleanup_(checksum_freep) struct checksum *c = NULL;
	struct checksum_value is;
	int r;

	t->scrub->bytes += body.len;
	if (body.len != row->size)
		return report(t, SCRUB_LENGTH);
	if (row->checksum_type != CHECKSUM_TYPE_FULL_OBJECT)
		return 0;
	r = checksum_new(row->checksum.algorithm, &c);
	if (r == 0)
		r = checksum_update(c, body);
	if (r == 0)
		r = checksum_finish(c, &is);
	if (r == 0 && !checksum_equal(&is, &row->checksum))
		r = report(t, SCRUB_CHECKSUM);
	return r;
}

static bool add_up(const struct extent *extents, size_t n, uint64_t size)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(sum, extents[i].len, &sum))
			return false;
	return sum == size;
}

static int take_extent(struct step *t, const struct object_row *row, struct span packed,
		       struct target *ret)
{
	_cleanup_(freep) struct extent *extents = NULL;
	struct scrub_position *p = &t->scrub->position;
	size_t n = 0;
	int r = layout_get_extents(packed, &extents, &n);

	if (r < 0 && r != -EUCLEAN)
		return r;
	if (r < 0 || !add_up(extents, n, row->size)) {
		leave(t->scrub);
		t->scrub->objects++;
		return report(t, SCRUB_ROW);
	}
	if (p->unit >= n) {
		leave(t->scrub);
		t->scrub->objects++;
		return 0;
	}
	ret->extent = extents[p->unit];
	r = find_blob(t, ret);
	if (r == 0 && !ret->is_there)
		p->unit++;
	return r;
}

static int take_body(struct step *t, const struct object_row *row, struct target *ret)
{
	_cleanup_(query_end) struct query q = query_begin(t->db, CATALOG_FIND_BODY);
	int r;

	query_number(&q, row->instance);
	r = query_step(&q);
	if (r < 0)
		return r;
	if (r == 1 && !span_is_none(query_column_bytes(&q, 1)))
		return take_extent(t, row, query_column_bytes(&q, 1), ret);
	leave(t->scrub);
	t->scrub->objects++;
	if (r == 0)
		return report(t, SCRUB_ROW);
	return check_body(t, row, query_column_bytes(&q, 0));
}

static int take_object(struct step *t, struct target *ret)
{
	const struct object_name name = { t->bucket, key_of(t->scrub), SPAN("") };
	_cleanup_(query_end) struct query q = { 0 };
	struct object_row row;
	int r = object_row_find(t->db, &name, &q, &row);

	if (r == 1)
		return take_body(t, &row, ret);
	/* Deleted meanwhile. */
	leave(t->scrub);
	return r;
}

/* --- parts ----------------------------------------------------------------------------------- */

static int find_next_upload(struct step *t)
{
	_cleanup_(query_end) struct query q = query_begin(t->db, CATALOG_COUNT_UPLOADS);
	struct scrub_position *p = &t->scrub->position;
	int r;

	query_number(&q, t->bucket);
	query_bytes(&q, key_of(t->scrub));
	query_bytes(&q, (struct span){ p->upload, sizeof(p->upload) });
	query_number(&q, 1);
	r = query_step(&q);
	if (r == 0)
		next_stage(p);
	if (r <= 0)
		return r;
	r = query_column_copy(&q, 1, p->upload, sizeof(p->upload));
	return r == 0 ? enter(p, query_column_bytes(&q, 0)) : r;
}

/* Behind the last one that was looked at. Its number stays with the position until all of it was
 * read. */
static int take_part(struct step *t, struct target *ret)
{
	_cleanup_(query_end) struct query q = query_begin(t->db, CATALOG_NEXT_PART);
	struct scrub_position *p = &t->scrub->position;
	struct span blob;
	int r;

	query_bytes(&q, (struct span){ p->upload, sizeof(p->upload) });
	query_number(&q, p->offset ? p->unit - 1 : p->unit);
	r = query_step(&q);
	if (r == 0)
		leave(t->scrub);
	if (r <= 0)
		return r;
	p->unit = (uint32_t)query_column_number(&q, 0);
	t->scrub->objects += p->offset == 0;
	blob = query_column_bytes(&q, 1);
	if (!blob.len)
		return 0;
	r = query_column_copy(&q, 1, ret->extent.blob.bytes, sizeof(ret->extent.blob.bytes));
	return r == 0 ? find_blob(t, ret) : r;
}

/* --- blobs ----------------------------------------------------------------------------------- */

/* From the disk, not what is left in memory of what was once written. */
static int read_chunk(struct step *t, int fd, uint64_t offset, size_t n, struct checksum_value *crc)
{
	_cleanup_(checksum_freep) struct checksum *c = NULL;
	struct checksum_value piece;
	int r;

	(void)posix_fadvise(fd, (off_t)offset, (off_t)n, POSIX_FADV_DONTNEED);
	r = fd_pread_all(fd, t->room, n, offset);
	if (r == 0)
		r = checksum_new(CHECKSUM_CRC64NVME, &c);
	if (r == 0)
		r = checksum_update(c, (struct span){ t->room, n });
	if (r == 0)
		r = checksum_finish(c, &piece);
	if (r == 0)
		checksum_combine(crc, &piece, n);
	return r;
}

/* As much of it as the step has room for. 1: there is more. */
static int read_on(struct step *t, int fd, const struct target *target)
{
	struct scrub_position *p = &t->scrub->position;
	struct checksum_value crc = { .algorithm = CHECKSUM_CRC64NVME };
	int r = 0;

	memcpy(crc.bytes, p->crc, sizeof(p->crc));
	while (r == 0 && p->offset < target->size && t->scrub->bytes < SCRUB_STEP_BYTES) {
		size_t n = (size_t)MIN(target->size - p->offset, (uint64_t)CHUNK);

		r = read_chunk(t, fd, p->offset, n, &crc);
		p->offset += n;
		t->scrub->bytes += n;
	}
	memcpy(p->crc, crc.bytes, sizeof(p->crc));
	if (r == -EIO || r == -ENODATA)
		return report(t, r == -EIO ? SCRUB_UNREADABLE : SCRUB_LENGTH);
	if (r < 0)
		return r;
	if (p->offset < target->size)
		return 1;
	return checksum_equal(&crc, &target->crc) ? 0 : report(t, SCRUB_CHECKSUM);
}

static int read_blob(struct step *t, const struct target *target)
{
	struct scrub_position *p = &t->scrub->position;
	const struct extent *e = &target->extent;
	_cleanup_(fd_closep) int fd = -1;
	struct stat st;
	int r;

	if (!ipc_id_equal(&p->blob, &e->blob) || p->offset > target->size)
		p->offset = 0;
	if (p->offset == 0) {
		p->blob = e->blob;
		memset(p->crc, 0, sizeof(p->crc));
	}
	r = place_open_blob(&t->catalog->place, &target->extent.blob, &fd);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == -ENOENT)
		return report(t, SCRUB_MISSING);
	if (r == -EIO)
		return report(t, SCRUB_UNREADABLE);
	if (r < 0)
		return r;
	if ((uint64_t)st.st_size != target->size || e->offset > target->size ||
	    e->len > target->size - e->offset)
		return report(t, SCRUB_LENGTH);
	return read_on(t, fd, target);
}

/* --- units ----------------------------------------------------------------------------------- */

static int run_statement(struct database *db, enum catalog_statement statement)
{
	struct query q = query_begin(db, statement);

	return query_run(&q);
}

static int find_unit(struct step *t, struct target *ret)
{
	bool is_object = t->scrub->position.stage == SCRUB_OBJECTS;

	if (!t->scrub->position.within)
		return is_object ? find_next_object(t) : find_next_upload(t);
	return is_object ? take_object(t, ret) : take_part(t, ret);
}

/* What is found in the same moment of the catalog as it is pinned in is there until it is let go.
 */
static int find_pinned(struct step *t, struct target *ret)
{
	int r, end;

	pthread_rwlock_rdlock(&t->catalog->reading);
	r = run_statement(t->db, CATALOG_BEGIN_READ);
	if (r == 0)
		r = find_unit(t, ret);
	end = database_in_transaction(t->db) ? run_statement(t->db, CATALOG_ROLLBACK) : 0;
	pthread_rwlock_unlock(&t->catalog->reading);
	return r ? r : end;
}

static int do_unit(struct step *t)
{
	struct scrub_position *p = &t->scrub->position;
	struct target target = { 0 };
	int r = find_pinned(t, &target);

	if (!target.is_there)
		return r;
	if (r == 0)
		r = read_blob(t, &target);
	if (catalog_unpin(t->catalog, &target.extent, 1))
		sweep_tell_of_dead(&t->store->sweep, &t->catalog->tenant);
	if (r != 0)
		return r < 0 ? r : 0;
	p->offset = 0;
	p->unit += p->stage == SCRUB_OBJECTS;
	return 0;
}

static int do_units(struct step *t)
{
	int r = 0;

	for (unsigned int n = 0;
	     r == 0 && n < SCRUB_STEP_UNITS && t->scrub->bytes < SCRUB_STEP_BYTES &&
	     t->scrub->position.stage != SCRUB_THROUGH;
	     n++)
		r = do_unit(t);
	return r;
}

/* --- catalogs -------------------------------------------------------------------------------- */

/* A connection that has read nothing yet. -ENOENT where the tenant has no catalog. */
static int open_own(struct store *s, const struct ipc_id *tenant, struct catalog **ret_catalog,
		    struct database **ret)
{
	struct catalog *c;
	int r = catalog_get(&s->catalogs, tenant, false, &c);

	if (r < 0)
		return r;
	r = database_open(c->readers.path, DATABASE_READER, &s->durable, catalog_statements, ret);
	if (r < 0) {
		catalog_put(c);
		return r;
	}
	*ret_catalog = c;
	return 0;
}

static int find_bucket(struct step *t)
{
	struct bucket bucket;
	int r = bucket_row_find(t->db, t->scrub->bucket, &bucket);

	if (r == 0)
		t->bucket = bucket.id;
	return r;
}

/* The row that it is at cannot be read; or, where it is at none, what is left of the stage. */
static int pass_over(struct step *t)
{
	bool is_at_one = t->scrub->position.within;
	int r = report(t, SCRUB_CATALOG);

	if (is_at_one)
		leave(t->scrub);
	else
		next_stage(&t->scrub->position);
	return r;
}

int store_scrub(struct store *s, struct scrub *scrub)
{
	_cleanup_(freep) uint8_t *room = malloc(CHUNK);
	struct step t = { .store = s, .scrub = scrub, .room = room };
	int r;

	if (!room)
		return -ENOMEM;
	scrub->bytes = scrub->objects = 0;
	if (scrub->position.stage == SCRUB_THROUGH)
		return 0;
	r = open_own(s, &scrub->tenant, &t.catalog, &t.db);
	if (r == 0)
		r = find_bucket(&t);
	if (r == 0)
		r = do_units(&t);
	database_close(t.db);
	catalog_put(t.catalog);
	meter_add(&s->meters.scrubbed, scrub->bytes);
	if (r == -EUCLEAN)
		return pass_over(&t);
	if (r == -ENOENT || r == S3_ERROR_NO_SUCH_BUCKET)
		return store_explain_missing(s, &scrub->tenant, scrub->bucket);
	return r;
}

static int look_at_stop(void *context)
{
	return atomic_load((const _Atomic bool *)context);
}

static int check_pages(struct database *db)
{
	_cleanup_(query_end) struct query q = query_begin(db, CATALOG_QUICK_CHECK);
	int r = query_step(&q);

	if (r < 0)
		return r;
	return r == 1 && span_equal(query_column_bytes(&q, 0), SPAN("ok")) ? 0 : -EUCLEAN;
}

int store_scrub_catalog(struct store *s, const struct ipc_id *tenant, const _Atomic bool *stop)
{
	struct catalog *c = NULL;
	struct database *db = NULL;
	int r = open_own(s, tenant, &c, &db);

	if (r == 0) {
		sqlite3_progress_handler(db->handle, STOP_LOOK_OPS, look_at_stop, (void *)stop);
		/* It reads for long: who waits for readers must not wait for this one. */
		atomic_fetch_add(&c->n_copies, 1);
		r = check_pages(db);
		atomic_fetch_sub(&c->n_copies, 1);
	}
	database_close(db);
	catalog_put(c);
	if (r == -EUCLEAN)
		meter_add(&s->meters.damages[SCRUB_CATALOG], 1);
	else if (r < 0 && atomic_load(stop))
		return -ECANCELED;
	return r == -ENOENT ? 0 : r;
}
