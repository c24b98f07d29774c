/* SPDX-License-Identifier: Apache-2.0 */
#include "client/transfer/source.h"

#include <fnmatch.h>

#include "s3/errors.h"
#include "s3/names.h"

static const struct {
	const char *name;
	int (*make)(const char *path, struct source **ret, struct complaint *why);
} formats[SOURCE_FORMAT_COUNT] = {
#define SOURCE(SYMBOL, symbol, name_) [SOURCE_##SYMBOL] = { name_, source_new_##symbol },
	SOURCES(SOURCE)
#undef SOURCE
};

bool source_format_parse(const char *name, enum source_format *ret)
{
	for (enum source_format f = 0; f < SOURCE_FORMAT_COUNT; f++)
		if (strcmp(name, formats[f].name) == 0) {
			*ret = f;
			return true;
		}
	return false;
}

int source_new(const struct source_config *c, struct source **ret, struct complaint *why)
{
	int r = formats[c->format].make(c->path, ret, why);

	if (r < 0)
		return r;
	(*ret)->excludes = c->excludes;
	(*ret)->n_excludes = c->n_excludes;
	return 0;
}

struct source *source_free(struct source *s)
{
	if (s)
		s->free(s);
	return NULL;
}

int source_next(struct source *s, struct source_entry **ret)
{
	return s->next(s, ret);
}

int source_count(const struct source_config *c, const volatile sig_atomic_t *stop,
		 uint64_t *ret_entries, uint64_t *ret_bytes, struct complaint *why)
{
	_cleanup_(source_freep) struct source *s = NULL;
	struct source_entry *e;
	uint64_t n = 0, bytes = 0;
	int r = source_new(c, &s, why);

	if (r < 0)
		return r;
	while (!*stop && (r = source_next(s, &e)) == SOURCE_ENTRY) {
		n++;
		bytes += e->reason ? 0 : e->size;
		source_entry_free(e);
	}
	if (r < 0)
		return complain_errno(why, r, "cannot go through %s", c->path);
	*ret_entries = n;
	*ret_bytes = bytes;
	return 0;
}

/* --- entries --------------------------------------------------------------------------------- */

struct source_entry *source_entry_new(struct span name, struct span key)
{
	struct source_entry *e = calloc(1, sizeof(*e) + name.len + key.len);

	if (!e)
		return NULL;
	memcpy(e->text, name.data, name.len);
	e->name = (struct span){ e->text, name.len };
	if (span_is_none(key))
		return e;
	memcpy(e->text + name.len, key.data, key.len);
	e->key = (struct span){ e->text + name.len, key.len };
	return e;
}

struct source_entry *source_entry_free(struct source_entry *e)
{
	free(e);
	return NULL;
}

void source_entry_check(struct source_entry *e)
{
	switch (key_check(e->key)) {
	case 0:
		return;
	case S3_ERROR_KEY_TOO_LONG:
		e->reason = "its key would have more than 1024 bytes";
		return;
	default:
		e->reason = e->key.len ? "its key is no UTF-8, or holds a NUL" : "its key is empty";
	}
}

bool source_excludes(const struct source *s, const char *name)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;

	for (size_t i = 0; i < s->n_excludes; i++)
		if (fnmatch(s->excludes[i], name, 0) == 0 || fnmatch(s->excludes[i], last, 0) == 0)
			return true;
	return false;
}

/* --- readers --------------------------------------------------------------------------------- */

int source_open(struct source *s, const struct source_entry *e, struct source_reader *ret)
{
	return s->open(s, e, ret);
}

int source_read(struct source_reader *r, void *to, size_t size, size_t *ret_len)
{
	return r->read(r, to, size, ret_len);
}

bool source_has_changed(const struct source_reader *r)
{
	return r->has_changed(r);
}

void source_close(struct source_reader *r)
{
	if (r->close)
		r->close(r);
	*r = (struct source_reader){ .fd = -1 };
}
