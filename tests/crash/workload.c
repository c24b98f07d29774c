/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/workload.h"

#include "base/fd.h"
#include "tests/crash/contents.h"
#include "tests/crash/disk.h"
#include "tests/crash/history.h"
#include "tests/crash/story.h"
#include "tests/unit/stored/engine/engine-fixture.h"

/* Small, so that logs are moved into their catalogs often. */
#define WAL_LIMIT (96 * KIB)
#define AT_ONCE	  4
#define TRIES	  20

static struct fixture f;
static struct story now;
static uint64_t state, last_value;
static uint32_t last_change;
static unsigned int n_done[CHANGE_KIND_COUNT], n_refused;
static char upload_ids[STORY_KEYS][UPLOAD_ID_TEXT_MAX];
static char etags[STORY_KEYS][STORY_PARTS][ETAG_TEXT_MAX];

static unsigned int pick(unsigned int n)
{
	return (unsigned int)(mix(&state) % n);
}

/* One that was not there before: a blob's, or a small body's. */
static uint64_t new_value(bool blob)
{
	last_value += last_value % 2 == blob ? 2 : 1;
	return last_value;
}

/* --- one change ---------------------------------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned int under_way;
} crowd = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0 };

/* One that is under way, or about to be. Without claims it has no effect, for that is what is
 * expected. */
struct step {
	struct change *change;
	struct note note;
	int expected;
	unsigned int key;
};

static void tell(const struct note *n)
{
	history_note(n, sizeof(*n));
}

static void claim(struct step *s, struct slot slot, uint64_t value)
{
	assert(s->note.n < STORY_CLAIMS_MAX);
	s->note.claims[s->note.n++] = (struct story_claim){ slot_number(slot), value };
}

static uint64_t value_of(struct slot slot)
{
	return now.told[slot_number(slot)];
}

static struct slot key_slot(enum story_kind kind, unsigned int key, unsigned int part)
{
	return (struct slot){ .kind = kind, .index = key, .part = part };
}

static struct step *step_new(unsigned int tenant, enum change_kind kind, const char *bucket,
			     const char *key)
{
	struct step *s = calloc(1, sizeof(*s));
	struct ipc_id id = story_tenant(tenant);

	assert(s && change_new(kind, &id, span_from_string(bucket), span_from_string(key),
			       &s->change) == 0);
	s->note.change = ++last_change;
	return s;
}

/* One on a key of a tenant's first bucket. */
static struct step *key_step(unsigned int tenant, enum change_kind kind, unsigned int key)
{
	char bucket[STORY_NAME_MAX], name[STORY_NAME_MAX];
	struct step *s =
		step_new(tenant, kind, story_bucket(tenant, 0, bucket), story_key(key, name));

	s->key = key;
	return s;
}

static struct step *bucket_step(unsigned int tenant, enum change_kind kind, unsigned int index)
{
	char bucket[STORY_NAME_MAX];

	return step_new(tenant, kind, story_bucket(tenant, index, bucket), NULL);
}

static void begin(struct step *s)
{
	if (!s->note.n)
		return;
	s->note.kind = NOTE_BEGINS;
	tell(&s->note);
	story_follow(&now, &s->note);
}

/* On the committer's thread, when a client would hear of it. */
static void step_done(struct change *c)
{
	struct step *s = c->context;
	struct note n = { .kind = NOTE_ENDS, .change = s->note.change };

	if (c->result != s->expected)
		fprintf(stderr, "%s: %d in place of %d\n", change_name(c->kind), c->result,
			s->expected);
	assert(c->result == s->expected);
	if (s->note.n)
		tell(&n);
	if (c->kind == CHANGE_CREATE_UPLOAD)
		memcpy(upload_ids[s->key], c->create_upload.upload_id, UPLOAD_ID_TEXT_MAX);
	if (c->kind == CHANGE_PUT_PART)
		memcpy(etags[s->key][c->put_part.number - 1], c->put_part.made.etag, ETAG_TEXT_MAX);
	pthread_mutex_lock(&crowd.lock);
	if (--crowd.under_way == 0)
		pthread_cond_signal(&crowd.wake);
	pthread_mutex_unlock(&crowd.lock);
}

/* All at once, so that some share a commit. */
static void run_all(struct step **steps, unsigned int n)
{
	crowd.under_way = n;
	for (unsigned int i = 0; i < n; i++) {
		steps[i]->change->done = step_done;
		steps[i]->change->context = steps[i];
		assert(store_submit(f.store, steps[i]->change) == 0);
	}
	pthread_mutex_lock(&crowd.lock);
	while (crowd.under_way)
		pthread_cond_wait(&crowd.wake, &crowd.lock);
	pthread_mutex_unlock(&crowd.lock);
	for (unsigned int i = 0; i < n; i++) {
		struct note ended = { .kind = NOTE_ENDS, .change = steps[i]->note.change };

		n_done[steps[i]->change->kind] += steps[i]->expected == 0;
		n_refused += steps[i]->expected != 0;
		if (steps[i]->note.n)
			story_follow(&now, &ended);
		change_free(steps[i]->change);
		free(steps[i]);
	}
}

static void run(struct step *s)
{
	begin(s);
	run_all(&s, 1);
}

/* --- on keys ------------------------------------------------------------------------------- */

static void bring_data(struct step *s, struct change_data *d, uint64_t value)
{
	static uint8_t buf[STORY_BYTES_MAX];
	struct span bytes = story_bytes(value, buf);

	describe_data(d, bytes);
	f.tenant = s->change->tenant;
	if (value % 2)
		d->blob = make_blob(&f, bytes);
	else
		assert(change_keep(s->change, bytes, &d->body) == 0);
}

static struct step *put_step(unsigned int tenant, unsigned int key, bool blob)
{
	struct step *s = key_step(tenant, CHANGE_PUT_OBJECT, key);
	uint64_t value = new_value(blob);

	claim(s, (struct slot){ .tenant = tenant, .kind = STORY_KEY, .index = key }, value);
	begin(s);
	bring_data(s, &s->change->put_object.data, value);
	return s;
}

/* Only where there is none; so it may be refused, and then nothing must come of it. */
static struct step *put_if_none_step(unsigned int key)
{
	bool refused = value_of(key_slot(STORY_KEY, key, 0)) != 0, blob = pick(2);
	struct step *s = key_step(0, CHANGE_PUT_OBJECT, key);
	struct condition condition = { .if_none_match = SPAN("*") };
	uint64_t value = new_value(blob);

	if (refused)
		s->expected = S3_ERROR_PRECONDITION_FAILED;
	else
		claim(s, key_slot(STORY_KEY, key, 0), value);
	begin(s);
	assert(change_keep_condition(s->change, &condition, &s->change->put_object.condition) == 0);
	bring_data(s, &s->change->put_object.data, value);
	return s;
}

static struct step *delete_step(unsigned int key)
{
	struct step *s = key_step(0, CHANGE_DELETE_OBJECT, key);

	claim(s, key_slot(STORY_KEY, key, 0), 0);
	begin(s);
	return s;
}

/* From the next key, which nobody touches meanwhile. */
static struct step *copy_step(unsigned int key)
{
	unsigned int source = (key + 1) % STORY_KEYS;
	struct step *s = key_step(0, CHANGE_COPY_OBJECT, key);
	uint64_t value = value_of(key_slot(STORY_KEY, source, 0));
	struct change_source *from = &s->change->copy_object.source;
	char bucket[STORY_NAME_MAX], name[STORY_NAME_MAX];

	if (value)
		claim(s, key_slot(STORY_KEY, key, 0), value);
	else
		s->expected = S3_ERROR_NO_SUCH_KEY;
	begin(s);
	assert(change_keep(s->change, span_from_string(story_bucket(0, 0, bucket)),
			   &from->bucket) == 0);
	assert(change_keep(s->change, span_from_string(story_key(source, name)), &from->key) == 0);
	return s;
}

/* --- uploads in parts ---------------------------------------------------------------------- */

static void claim_upload_gone(struct step *s, unsigned int key)
{
	claim(s, key_slot(STORY_UPLOAD, key, 0), 0);
	for (unsigned int i = 0; i < STORY_PARTS; i++)
		claim(s, key_slot(STORY_PART, key, i), 0);
}

static struct step *part_step(unsigned int key, unsigned int part)
{
	struct step *s = key_step(0, CHANGE_PUT_PART, key);
	uint64_t value = new_value(true);

	claim(s, key_slot(STORY_PART, key, part), value);
	begin(s);
	assert(change_keep(s->change, span_from_string(upload_ids[key]),
			   &s->change->put_part.upload_id) == 0);
	s->change->put_part.number = (uint16_t)(part + 1);
	bring_data(s, &s->change->put_part.data, value);
	return s;
}

/* Of the first part; the other one is left over, and has to go. */
static struct step *complete_step(unsigned int key)
{
	struct step *s = key_step(0, CHANGE_COMPLETE_UPLOAD, key);
	struct change_complete_upload *c = &s->change->complete_upload;
	struct change_part_claim *parts = change_keep_array(s->change, 1, sizeof(*parts));

	assert(parts);
	parts->number = 1;
	parts->etag = span_from_string(etags[key][0]);
	assert(change_keep(s->change, span_from_string(upload_ids[key]), &c->upload_id) == 0);
	c->parts = parts;
	c->n_parts = 1;
	c->size = S3_LENGTH_UNKNOWN;
	claim(s, key_slot(STORY_KEY, key, 0), value_of(key_slot(STORY_PART, key, 0)));
	claim_upload_gone(s, key);
	begin(s);
	return s;
}

static struct step *abort_step(unsigned int key)
{
	struct step *s = key_step(0, CHANGE_ABORT_UPLOAD, key);

	assert(change_keep(s->change, span_from_string(upload_ids[key]),
			   &s->change->abort_upload.upload_id) == 0);
	claim_upload_gone(s, key);
	begin(s);
	return s;
}

static struct step *upload_step(unsigned int key)
{
	struct step *s;

	if (!value_of(key_slot(STORY_UPLOAD, key, 0))) {
		s = key_step(0, CHANGE_CREATE_UPLOAD, key);
		claim(s, key_slot(STORY_UPLOAD, key, 0), 1);
		begin(s);
		return s;
	}
	if (value_of(key_slot(STORY_PART, key, 0)) && pick(2))
		return complete_step(key);
	return pick(5) ? part_step(key, pick(STORY_PARTS)) : abort_step(key);
}

/* --- rounds -------------------------------------------------------------------------------- */

static struct step *any_step(unsigned int key)
{
	switch (pick(10)) {
	case 0:
	case 1:
		return put_step(0, key, true);
	case 2:
	case 3:
		return put_step(0, key, false);
	case 4:
		return put_if_none_step(key);
	case 5:
		return delete_step(key);
	case 6:
		return copy_step(key);
	default:
		return upload_step(key);
	}
}

/* Every other key, so that what is copied from lies between them. */
static void change_keys(void)
{
	unsigned int n = 1 + pick(AT_ONCE), first = pick(STORY_KEYS);
	struct step *steps[AT_ONCE];

	for (unsigned int i = 0; i < n; i++)
		steps[i] = any_step((first + 2 * i) % STORY_KEYS);
	run_all(steps, n);
}

static void delete_many(void)
{
	struct step *s = bucket_step(0, CHANGE_DELETE_OBJECTS, 0);
	struct change_delete_item *items = change_keep_array(s->change, 3, sizeof(*items));
	char name[STORY_NAME_MAX];

	assert(items);
	for (unsigned int i = 0; i < 3; i++) {
		assert(change_keep(s->change, span_from_string(story_key(2 * i, name)),
				   &items[i].key) == 0);
		claim(s, key_slot(STORY_KEY, 2 * i, 0), 0);
	}
	s->change->delete_objects.items = items;
	s->change->delete_objects.n = 3;
	run(s);
}

static void set_policy(void)
{
	struct step *s = bucket_step(0, CHANGE_SET_CONFIGURATION, 0);
	uint64_t value = pick(4) ? new_value(false) : 0;
	char text[STORY_NAME_MAX];

	s->change->set_configuration.kind = STORE_CONFIGURATION_POLICY;
	if (value)
		assert(change_keep(s->change, story_document(value, text),
				   &s->change->set_configuration.document) == 0);
	claim(s, (struct slot){ .kind = STORY_POLICY }, value);
	run(s);
}

static void set_quota(uint64_t objects)
{
	struct step *s = bucket_step(0, CHANGE_SET_QUOTA, 0);

	s->change->set_quota.quota.objects = objects;
	s->change->set_quota.objects = true;
	claim(s, (struct slot){ .kind = STORY_QUOTA }, objects);
	run(s);
}

/* No more than are there: what is new is refused, what replaces something is not. */
static void meet_quota(void)
{
	struct step *s;
	uint64_t objects = 0;
	unsigned int absent = STORY_KEYS;

	for (unsigned int i = 0; i < STORY_KEYS; i++) {
		objects += value_of(key_slot(STORY_KEY, i, 0)) != 0;
		objects += value_of(key_slot(STORY_UPLOAD, i, 0));
		if (!value_of(key_slot(STORY_KEY, i, 0)))
			absent = i;
	}
	if (absent == STORY_KEYS || !objects)
		return;
	set_quota(objects);
	s = key_step(0, CHANGE_PUT_OBJECT, absent);
	bring_data(s, &s->change->put_object.data, new_value(pick(2)));
	s->expected = S3_ERROR_QUOTA_EXCEEDED;
	run(s);
	set_quota(1000 + new_value(false));
}

static void change_bucket(unsigned int tenant, unsigned int index)
{
	struct slot slot = { .tenant = tenant, .kind = STORY_BUCKET, .index = index };
	bool there = value_of(slot);
	struct step *s =
		bucket_step(tenant, there ? CHANGE_DELETE_BUCKET : CHANGE_CREATE_BUCKET, index);

	claim(s, slot, !there);
	run(s);
}

/* --- beside changes ------------------------------------------------------------------------ */

/* A process that ends in order and the next one, which looks for what was left. */
static void restart(void)
{
	size_t n;

	fixture_close(&f);
	fixture_open(&f);
	f.tenant = story_tenant(0);
	assert(sweep_orphans(f.store, &f.tenant, &n) == 0);
}

static void sweep_dead(void)
{
	f.tenant = story_tenant(0);
	bury(&f);
}

/* A body that comes to nothing, before or after its blob has a name. */
static void drop_blob(void)
{
	struct ipc_id tenant = story_tenant(0);
	struct blob *b;

	assert(blob_begin(f.store, &tenant, 10000, &b) == 0);
	assert(fd_write_all(blob_fd(b), SPAN("of no use")) == 0);
	if (pick(2))
		assert(blob_finish(b) == 0);
	blob_drop(b);
}

/* A tenant comes, has something and goes again; its number is not used twice. */
static void visit(void)
{
	static const _Atomic bool never;
	static unsigned int last_tenant;
	struct step *s, *puts[2];
	unsigned int tenant;

	if (last_tenant + 1 == STORY_TENANTS_MAX)
		return;
	tenant = ++last_tenant;
	change_bucket(tenant, 0);
	puts[0] = put_step(tenant, 0, true);
	puts[1] = put_step(tenant, 1, false);
	run_all(puts, 2);
	if (pick(3) == 0)
		return;
	s = step_new(tenant, CHANGE_ERASE_TENANT, NULL, NULL);
	s->change->erase_tenant.mode = ERASE_ALL;
	s->note.erases = tenant + 1;
	for (unsigned int i = 0; i < STORY_SLOTS_EACH; i++)
		if (now.told[tenant * STORY_SLOTS_EACH + i])
			claim(s, slot_of(tenant * STORY_SLOTS_EACH + i), 0);
	run(s);
	f.tenant = story_tenant(tenant);
	assert(store_remove_tenant(f.store, &f.tenant, &never) == 0);
}

static void something_else(void)
{
	switch (pick(9)) {
	case 0:
		set_policy();
		break;
	case 1:
		meet_quota();
		break;
	case 2:
		change_bucket(0, 1 + pick(STORY_BUCKETS - 1));
		break;
	case 3:
		delete_many();
		break;
	case 4:
	case 5:
		sweep_dead();
		break;
	case 6:
		drop_blob();
		break;
	case 7:
		visit();
		break;
	default:
		restart();
		break;
	}
}

void workload_run(const char *directory, bool relaxed, unsigned int rounds, uint64_t seed)
{
	state = seed;
	snprintf(f.directory, sizeof(f.directory), "%s", directory);
	f.config = (struct store_config){
		.data_dir = f.directory,
		.durability = relaxed ? DURABILITY_RELAXED : DURABILITY_FULL,
		.committers = 2,
		.floor_bytes = 1,
		.sweep_delay_s = 3600,
		.wal_limit = WAL_LIMIT,
	};
	fixture_open(&f);
	change_bucket(0, 0);
	for (unsigned int i = 0; i < rounds; i++) {
		change_keys();
		if (pick(2))
			something_else();
	}
	fixture_close(&f);
	for (int kind = 0; kind < CHANGE_KIND_COUNT; kind++)
		if (n_done[kind])
			printf("%s %u\n", change_name((enum change_kind)kind), n_done[kind]);
	printf("refused %u\n", n_refused);
}
