/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/disk.h"

#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/defs.h"

#define SECTOR 512
#define PAGE   4096

struct object;

/* A record, and whom it was about: numbers come again, objects do not. */
struct deed {
	struct history_record record;
	char *name, *to_name;
	const uint8_t *bytes;
	uint64_t index;
	struct object *object, *directory, *to_directory;
};

struct entry {
	char *name;
	struct object *object;
	struct entry *next;
};

struct bytes {
	uint8_t *data;
	size_t len;
};

/* A file or directory as it has been flushed, and what has been done to it since. */
struct object {
	uint64_t number;
	bool is_directory;
	char *name; /* its first */
	bool is_blob, is_log, is_database, is_orders;
	bool is_shard, has_shards;
	struct bytes bytes;
	struct entry *entries;
	struct deed **deeds;
	size_t n_deeds;
	struct object *next;
};

struct disk {
	enum disk_lie lie;
	uint8_t *history;
	struct deed *deeds;
	size_t n_deeds, at;
	bool started;
	struct object *objects, *root;
};

const char *const disk_luck_names[DISK_LUCKS] = {
	[DISK_KEEPS_ALL] = "all",     [DISK_KEEPS_NOTHING] = "nothing",
	[DISK_KEEPS_NAMES] = "names", [DISK_KEEPS_BYTES] = "bytes",
	[DISK_KEEPS_SOME] = "some",   [DISK_KEEPS_LITTLE] = "little",
	[DISK_KEEPS_MUCH] = "much",
};

const char *const disk_lie_names[DISK_LIE_COUNT] = {
#define LIE(SYMBOL, name, what) [DISK_##SYMBOL] = (name),
	DISK_LIES(LIE)
#undef LIE
};

/* splitmix64 */
uint64_t mix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t mix_of(uint64_t seed, uint64_t index)
{
	uint64_t state = seed ^ (index * 0xff51afd7ed558ccd);

	return mix(&state);
}

/* --- names --------------------------------------------------------------------------------- */

static void set_entry(struct entry **at, const char *name, struct object *object)
{
	struct entry *e;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	e = *at;
	if (!object) {
		if (!e)
			return;
		*at = e->next;
		free(e->name);
		free(e);
		return;
	}
	if (!e) {
		*at = e = calloc(1, sizeof(*e));
		assert(e && (e->name = strdup(name)));
	}
	e->object = object;
}

static void clear_entries(struct entry **entries)
{
	while (*entries)
		set_entry(entries, (*entries)->name, NULL);
}

static void apply_to_names(struct entry **entries, const struct object *o, const struct deed *x)
{
	if (x->record.kind == HISTORY_UNLINK) {
		set_entry(entries, x->name, NULL);
	} else if (x->record.kind == HISTORY_RENAME) {
		if (x->directory == o)
			set_entry(entries, x->name, NULL);
		if (x->to_directory == o)
			set_entry(entries, x->to_name, x->object);
	} else {
		set_entry(entries, x->name, x->object);
	}
}

/* --- bytes --------------------------------------------------------------------------------- */

static void set_length(struct bytes *b, size_t len)
{
	if (len == b->len)
		return;
	b->data = realloc(b->data, len + 1);
	assert(b->data);
	if (len > b->len)
		memset(b->data + b->len, 0, len - b->len);
	b->len = len;
}

static void put_bytes(struct bytes *b, size_t offset, const uint8_t *data, size_t len)
{
	if (offset + len > b->len)
		set_length(b, offset + len);
	if (len)
		memcpy(b->data + offset, data, len);
}

static void apply_to_bytes(struct bytes *b, const struct deed *x)
{
	if (x->record.kind == HISTORY_TRUNCATE)
		set_length(b, x->record.length);
	else
		put_bytes(b, x->record.offset, x->bytes, x->record.length);
}

/* Some of its sectors, or larger pieces of it; and where that makes a hole, zeros. */
static void apply_torn(struct bytes *b, const struct deed *x, uint64_t seed)
{
	uint64_t from = x->record.offset, end = from + x->record.length, state = seed;
	uint64_t piece = mix(&state) & 1 ? SECTOR : PAGE;

	while (from < end) {
		uint64_t to = (from / piece + 1) * piece;

		if (to > end)
			to = end;
		if (mix(&state) & 1)
			put_bytes(b, from, x->bytes + (from - x->record.offset), to - from);
		from = to;
	}
}

static void apply_nothing_but_length(struct bytes *b, const struct deed *x)
{
	uint64_t end = x->record.offset + x->record.length;

	if (x->record.kind == HISTORY_WRITE && end > b->len)
		set_length(b, end);
}

/* --- luck ---------------------------------------------------------------------------------- */

enum fate {
	LOST,
	KEPT,
	TORN,
	LENGTH_KEPT,
};

static enum fate fate_of(const struct deed *x, enum disk_luck luck, uint64_t seed)
{
	bool bytes = x->record.kind == HISTORY_WRITE || x->record.kind == HISTORY_TRUNCATE;
	uint64_t chance = mix_of(seed, x->index) % 16, kept = 8;

	switch (luck) {
	case DISK_KEEPS_ALL:
		return KEPT;
	case DISK_KEEPS_NOTHING:
		return LOST;
	case DISK_KEEPS_NAMES:
		return bytes ? LOST : KEPT;
	case DISK_KEEPS_BYTES:
		return bytes ? KEPT : LOST;
	case DISK_KEEPS_LITTLE:
		kept = 2;
		break;
	case DISK_KEEPS_MUCH:
		kept = 13;
		break;
	case DISK_KEEPS_SOME:
	case DISK_LUCKS:
		break;
	}
	if (chance < kept)
		return KEPT;
	if (x->record.kind == HISTORY_WRITE && chance == kept)
		return TORN;
	return bytes && chance == kept + 1 ? LENGTH_KEPT : LOST;
}

/* --- making it ----------------------------------------------------------------------------- */

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), end_len = strlen(end);

	return len > end_len && strcmp(name + len - end_len, end) == 0;
}

static void make_file(const struct object *o, int at_fd, const char *name, enum disk_luck luck,
		      uint64_t seed)
{
	int fd = openat(at_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct bytes b = { 0 };

	put_bytes(&b, 0, o->bytes.data ? o->bytes.data : (const uint8_t *)"", o->bytes.len);
	for (size_t i = 0; i < o->n_deeds; i++) {
		switch (fate_of(o->deeds[i], luck, seed)) {
		case LOST:
			break;
		case KEPT:
			apply_to_bytes(&b, o->deeds[i]);
			break;
		case TORN:
			apply_torn(&b, o->deeds[i], mix_of(seed, o->deeds[i]->index));
			break;
		case LENGTH_KEPT:
			apply_nothing_but_length(&b, o->deeds[i]);
			break;
		}
	}
	assert(fd >= 0 && write(fd, b.data, b.len) == (ssize_t)b.len);
	close(fd);
	free(b.data);
}

static void make_directory(const struct object *o, int fd, enum disk_luck luck, uint64_t seed)
{
	struct entry *entries = NULL;

	for (struct entry *e = o->entries; e; e = e->next)
		set_entry(&entries, e->name, e->object);
	for (size_t i = 0; i < o->n_deeds; i++)
		if (fate_of(o->deeds[i], luck, seed) == KEPT)
			apply_to_names(&entries, o, o->deeds[i]);
	for (struct entry *e = entries; e; e = e->next) {
		int child_fd;

		/* The index of a log is memory that processes share. */
		if (ends_with(e->name, "-shm"))
			continue;
		if (!e->object->is_directory) {
			make_file(e->object, fd, e->name, luck, seed);
			continue;
		}
		assert(mkdirat(fd, e->name, 0700) == 0);
		child_fd = openat(fd, e->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert(child_fd >= 0);
		make_directory(e->object, child_fd, luck, seed);
		close(child_fd);
	}
	clear_entries(&entries);
}

void disk_make(const struct disk *d, const char *directory, enum disk_luck luck, uint64_t seed)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert(fd >= 0);
	if (d->root)
		make_directory(d->root, fd, luck, seed);
	close(fd);
}

/* --- following the history ----------------------------------------------------------------- */

static struct object *find(const struct disk *d, uint64_t number)
{
	struct object *o = d->objects;

	while (o && (!number || o->number != number))
		o = o->next;
	return o;
}

/* Whose number it was before is nowhere any more but on the disk. */
static struct object *add(struct disk *d, const struct deed *x, bool is_directory)
{
	struct object *before = find(d, x->record.object), *o = calloc(1, sizeof(*o));

	if (before)
		before->number = 0;
	assert(o && (o->name = strdup(x->name)));
	o->number = x->record.object;
	o->is_directory = is_directory;
	o->is_log = ends_with(x->name, "-wal");
	o->is_database = ends_with(x->name, ".db");
	o->is_orders = ends_with(x->name, ".log");
	o->is_blob = !is_directory && x->directory &&
		     (!*x->name || strcmp(x->directory->name, "staging") == 0);
	o->is_shard = is_directory && x->directory && x->directory->has_shards;
	o->has_shards = is_directory && strcmp(x->name, "blobs") == 0;
	o->next = d->objects;
	d->objects = o;
	return o;
}

static void add_deed(struct object *o, struct deed *x)
{
	o->deeds = realloc(o->deeds, (o->n_deeds + 1) * sizeof(*o->deeds));
	assert(o->deeds);
	o->deeds[o->n_deeds++] = x;
}

/* One rename is one thing: what it did in the other directory is there with it, and nothing of that
 * name before. */
static void settle_elsewhere(const struct object *flushed, const struct deed *x)
{
	bool from = x->directory != flushed;
	struct object *o = from ? x->directory : x->to_directory;
	const char *name = from ? x->name : x->to_name;
	size_t kept = 0;
	bool before = true;

	if (o == flushed)
		return;
	for (size_t i = 0; i < o->n_deeds; i++) {
		struct deed *other = o->deeds[i];

		if (other == x)
			before = false;
		else if (!before || strcmp(other->name, name) != 0)
			o->deeds[kept++] = other;
	}
	o->n_deeds = kept;
	apply_to_names(&o->entries, o, x);
}

static bool is_lied_about(const struct disk *d, const struct object *o)
{
	switch (d->lie) {
	case DISK_HONEST:
	case DISK_LIE_COUNT:
		return false;
	case DISK_LOSES_BLOBS:
		return o->is_blob;
	case DISK_LOSES_NAMES:
		return o->is_shard;
	case DISK_LOSES_SHARDS:
		return o->has_shards;
	case DISK_LOSES_PLACES:
		return o->is_directory && !o->is_shard && !o->has_shards;
	case DISK_LOSES_LOGS:
		return o->is_log;
	case DISK_LOSES_CATALOGS:
		return o->is_database;
	case DISK_LOSES_ORDERS:
		return o->is_orders;
	}
	return false;
}

static void flush(const struct disk *d, struct object *o)
{
	if (d->started && is_lied_about(d, o))
		return;
	for (size_t i = 0; i < o->n_deeds; i++) {
		if (!o->is_directory) {
			apply_to_bytes(&o->bytes, o->deeds[i]);
			continue;
		}
		apply_to_names(&o->entries, o, o->deeds[i]);
		if (o->deeds[i]->record.kind == HISTORY_RENAME)
			settle_elsewhere(o, o->deeds[i]);
	}
	o->n_deeds = 0;
}

/* What is not below the root is nobody's matter here. */
static void follow_deed(struct disk *d, struct deed *x)
{
	x->directory = find(d, x->record.directory);
	x->to_directory = find(d, x->record.to_directory);
	switch ((enum history_kind)x->record.kind) {
	case HISTORY_ROOT:
		if (!d->root)
			d->root = add(d, x, true);
		return;
	case HISTORY_CREATE:
	case HISTORY_MAKE_DIRECTORY:
		if (!x->directory)
			return;
		x->object = add(d, x, x->record.kind == HISTORY_MAKE_DIRECTORY);
		if (*x->name)
			add_deed(x->directory, x);
		return;
	case HISTORY_LINK:
	case HISTORY_UNLINK:
		x->object = find(d, x->record.object);
		if (x->directory)
			add_deed(x->directory, x);
		return;
	case HISTORY_RENAME:
		x->object = find(d, x->record.object);
		if (!x->directory)
			return;
		assert(x->to_directory && x->object);
		add_deed(x->directory, x);
		if (x->to_directory != x->directory)
			add_deed(x->to_directory, x);
		return;
	case HISTORY_WRITE:
	case HISTORY_TRUNCATE:
		x->object = find(d, x->record.object);
		if (x->object && !x->object->is_directory)
			add_deed(x->object, x);
		return;
	case HISTORY_SYNC:
		x->object = find(d, x->record.object);
		if (x->object)
			flush(d, x->object);
		return;
	case HISTORY_START:
		d->started = true;
		return;
	case HISTORY_NOTE:
		return;
	}
	assert(!"a record of no kind");
}

void disk_follow(struct disk *d, size_t at,
		 void (*noted)(void *context, const void *bytes, size_t len), void *context)
{
	assert(at <= d->n_deeds);
	for (; d->at < at; d->at++) {
		struct deed *x = &d->deeds[d->at];

		if (x->record.kind == HISTORY_NOTE)
			noted(context, x->bytes, x->record.length);
		else
			follow_deed(d, x);
	}
}

/* --- reading it ---------------------------------------------------------------------------- */

static uint8_t *read_file(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes;
	size_t at = 0;
	ssize_t n;

	assert(fd >= 0 && fstat(fd, &st) == 0);
	bytes = malloc((size_t)st.st_size + 1);
	assert(bytes);
	while (at < (size_t)st.st_size && (n = read(fd, bytes + at, (size_t)st.st_size - at)) > 0)
		at += (size_t)n;
	assert(at == (size_t)st.st_size);
	close(fd);
	*ret_len = at;
	return bytes;
}

static size_t read_deed(const uint8_t *from, size_t left, struct deed *x)
{
	size_t len = sizeof(x->record);

	assert(left >= len);
	memcpy(&x->record, from, len);
	assert(left - len >= (size_t)x->record.name_len + x->record.to_name_len);
	x->name = strndup((const char *)from + len, x->record.name_len);
	len += x->record.name_len;
	x->to_name = strndup((const char *)from + len, x->record.to_name_len);
	len += x->record.to_name_len;
	assert(x->name && x->to_name);
	if (x->record.kind == HISTORY_WRITE || x->record.kind == HISTORY_NOTE) {
		assert(left - len >= x->record.length);
		x->bytes = from + len;
		len += x->record.length;
	}
	return len;
}

struct disk *disk_new(const char *history, enum disk_lie lie)
{
	struct disk *d = calloc(1, sizeof(*d));
	size_t len, max = 0;

	assert(d);
	d->lie = lie;
	d->history = read_file(history, &len);
	for (size_t at = 0; at < len; d->n_deeds++) {
		if (d->n_deeds == max) {
			max = max ? 2 * max : 1024;
			d->deeds = realloc(d->deeds, max * sizeof(*d->deeds));
			assert(d->deeds);
		}
		d->deeds[d->n_deeds] = (struct deed){ .index = d->n_deeds };
		at += read_deed(d->history + at, len - at, &d->deeds[d->n_deeds]);
	}
	return d;
}

struct disk *disk_free(struct disk *d)
{
	while (d->objects) {
		struct object *o = d->objects;

		d->objects = o->next;
		clear_entries(&o->entries);
		free(o->bytes.data);
		free(o->deeds);
		free(o->name);
		free(o);
	}
	for (size_t i = 0; i < d->n_deeds; i++) {
		free(d->deeds[i].name);
		free(d->deeds[i].to_name);
	}
	free(d->deeds);
	free(d->history);
	free(d);
	return NULL;
}

size_t disk_length(const struct disk *d)
{
	return d->n_deeds;
}

size_t disk_start(const struct disk *d)
{
	size_t i = 0;

	while (i < d->n_deeds && d->deeds[i].record.kind != HISTORY_START)
		i++;
	return MIN(i + 1, d->n_deeds);
}
