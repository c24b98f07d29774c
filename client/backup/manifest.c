/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/manifest.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "client/file.h"
#include "s3/encoding.h"

#define FORMAT	   "coffer-backup"
#define RANDOM_LEN 8

static const struct {
	const char *member, *begins, *ends;
	bool needed;
} kinds[MANIFEST_FILE_COUNT] = {
#define FILE(SYMBOL, member, begins, ends, needed)                                                 \
	[MANIFEST_##SYMBOL] = { #member, begins, ends, needed },
	MANIFEST_FILES(FILE)
#undef FILE
};

/* --- names ----------------------------------------------------------------------------------- */

void manifest_name_file(enum manifest_files which, char ret[static MANIFEST_FILE_NAME_MAX])
{
	uint8_t bytes[RANDOM_LEN];
	char hex[2 * RANDOM_LEN + 1];

	randombytes_buf(bytes, sizeof(bytes));
	snprintf(ret, MANIFEST_FILE_NAME_MAX, "%s%s%s", kinds[which].begins,
		 hex_encode((struct span){ bytes, sizeof(bytes) }, hex), kinds[which].ends);
}

bool manifest_is_name_of(enum manifest_files which, const char *name)
{
	size_t begins = strlen(kinds[which].begins);
	struct span hex = { name + begins, 2 * RANDOM_LEN };

	return strlen(name) == begins + hex.len + strlen(kinds[which].ends) &&
	       strncmp(name, kinds[which].begins, begins) == 0 && span_is_lower_hex(hex) &&
	       strcmp(name + begins + hex.len, kinds[which].ends) == 0;
}

/* --- its own digest -------------------------------------------------------------------------- */

/* Of all other members, in the order of their names and without white space. */
static int digest_of(const json_t *all, char ret[static MANIFEST_DIGEST_MAX])
{
	uint8_t digest[MANIFEST_DIGEST_LEN];
	json_t *others = json_copy((json_t *)all);
	char *text = NULL;

	if (others) {
		json_object_del(others, "digest");
		text = json_dumps(others, JSON_COMPACT | JSON_SORT_KEYS);
		json_decref(others);
	}
	if (!text)
		return -ENOMEM;
	crypto_generichash_blake2b(digest, sizeof(digest), (const uint8_t *)text, strlen(text),
				   NULL, 0);
	free(text);
	hex_encode((struct span){ digest, sizeof(digest) }, ret);
	return 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static json_t *describe_counts(const struct manifest_counts *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "buckets", (json_int_t)c->buckets,
			 "objects", (json_int_t)c->objects, "bytes", (json_int_t)c->bytes,
			 "uploads", (json_int_t)c->uploads, "upload_bytes",
			 (json_int_t)c->upload_bytes, "blobs", (json_int_t)c->blobs, "blob_bytes",
			 (json_int_t)c->blob_bytes);
}

static json_t *describe(const struct manifest *m)
{
	json_t *all = json_pack("{s:s, s:i, s:s, s:{s:s, s:s, s:s, s:s}, s:o}", "format", FORMAT,
				"version", MANIFEST_VERSION, "taken", m->taken, "tenant", "name",
				m->tenant, "canonical_id", m->canonical_id, "display_name",
				m->display_name, "email", m->email, "counts",
				describe_counts(&m->counts));
	char digest[MANIFEST_DIGEST_MAX];
	int r = all ? 0 : -1;

	for (size_t i = 0; r == 0 && i < MANIFEST_FILE_COUNT; i++) {
		const struct manifest_file *f = &m->files[i];

		if (f->name[0])
			r = json_object_set_new(all, kinds[i].member,
						json_pack("{s:s, s:I, s:s}", "file", f->name,
							  "bytes", (json_int_t)f->length, "blake2b",
							  f->blake2b));
	}
	if (r == 0)
		r = digest_of(all, digest);
	if (r == 0)
		r = json_object_set_new(all, "digest", json_string(digest));
	if (r == 0)
		return all;
	json_decref(all);
	return NULL;
}

int manifest_write(int dir_fd, const struct manifest *m)
{
	json_t *all = describe(m);
	char *text = all ? json_dumps(all, JSON_INDENT(2)) : NULL;
	int r = text ? file_replace(dir_fd, MANIFEST_NAME, span_from_string(text)) : -ENOMEM;

	free(text);
	json_decref(all);
	return r;
}

/* --- reading --------------------------------------------------------------------------------- */

/* A text that fits, without a NUL. */
static bool take_text(const json_t *from, const char *member, char *to, size_t size)
{
	const json_t *value = json_object_get(from, member);
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!text || len >= size || strlen(text) != len)
		return false;
	memcpy(to, text, len + 1);
	return true;
}

static bool take_number(const json_t *from, const char *member, uint64_t *to)
{
	const json_t *value = json_object_get(from, member);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*to = (uint64_t)json_integer_value(value);
	return true;
}

static bool is_digest(const char *text)
{
	struct span s = span_from_string(text);

	return s.len == MANIFEST_DIGEST_MAX - 1 && span_is_lower_hex(s);
}

static bool take_file(const json_t *all, enum manifest_files which, struct manifest_file *to)
{
	const json_t *from = json_object_get(all, kinds[which].member);

	if (!from)
		return !kinds[which].needed;
	return take_text(from, "file", to->name, sizeof(to->name)) &&
	       manifest_is_name_of(which, to->name) && take_number(from, "bytes", &to->length) &&
	       take_text(from, "blake2b", to->blake2b, sizeof(to->blake2b)) &&
	       is_digest(to->blake2b);
}

static bool take_counts(const json_t *from, struct manifest_counts *to)
{
	return take_number(from, "buckets", &to->buckets) &&
	       take_number(from, "objects", &to->objects) &&
	       take_number(from, "bytes", &to->bytes) &&
	       take_number(from, "uploads", &to->uploads) &&
	       take_number(from, "upload_bytes", &to->upload_bytes) &&
	       take_number(from, "blobs", &to->blobs) &&
	       take_number(from, "blob_bytes", &to->blob_bytes);
}

static bool take_all(const json_t *all, struct manifest *to)
{
	const json_t *tenant = json_object_get(all, "tenant");
	bool sound =
		take_text(all, "taken", to->taken, sizeof(to->taken)) &&
		take_text(tenant, "name", to->tenant, sizeof(to->tenant)) && to->tenant[0] &&
		take_text(tenant, "canonical_id", to->canonical_id, sizeof(to->canonical_id)) &&
		take_text(tenant, "display_name", to->display_name, sizeof(to->display_name)) &&
		take_text(tenant, "email", to->email, sizeof(to->email)) &&
		take_counts(json_object_get(all, "counts"), &to->counts);

	for (enum manifest_files i = 0; sound && i < MANIFEST_FILE_COUNT; i++)
		sound = take_file(all, i, &to->files[i]);
	return sound;
}

static int check(const json_t *all, struct manifest *ret, struct complaint *why)
{
	const char *format = json_string_value(json_object_get(all, "format")),
		   *digest = json_string_value(json_object_get(all, "digest"));
	json_int_t version = json_integer_value(json_object_get(all, "version"));
	char own[MANIFEST_DIGEST_MAX];

	if (!format || strcmp(format, FORMAT) != 0)
		return complain(why, -EBADMSG, MANIFEST_NAME " is damaged, or not of a backup");
	if (digest_of(all, own) < 0)
		return complain_errno(why, -ENOMEM, "cannot read " MANIFEST_NAME);
	if (!digest || strcmp(digest, own) != 0)
		return complain(why, -EBADMSG, MANIFEST_NAME " is damaged: its digest is another");
	if (version != MANIFEST_VERSION)
		return complain(why, -EBADMSG,
				"the backup is of version %lld, which this release does not know",
				(long long)version);
	if (!take_all(all, ret))
		return complain(why, -EBADMSG, MANIFEST_NAME " does not say what it should");
	return 0;
}

int manifest_read(int dir_fd, struct manifest *ret, struct complaint *why)
{
	_cleanup_(buffer_clear) struct buffer text = BUFFER_INIT(MANIFEST_MAX);
	struct manifest m = { 0 };
	json_t *all;
	int r = file_read(dir_fd, MANIFEST_NAME, &text);

	if (r < 0)
		return complain_errno(why, r, "cannot read " MANIFEST_NAME);
	all = json_loadb((const char *)buffer_span(&text).data, text.len, JSON_REJECT_DUPLICATES,
			 NULL);
	r = check(all, &m, why);
	json_decref(all);
	if (r == 0)
		*ret = m;
	return r;
}
