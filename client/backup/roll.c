/* SPDX-License-Identifier: Apache-2.0 */
#include "client/backup/roll.h"

#include <inttypes.h>
#include <string.h>

#include "base/fd.h"
#include "s3/names.h"

#define LINE_MAX_LEN 256

int roll_open(int fd, bool has_digests, struct roll *ret)
{
	FILE *file = fdopen(fd, "r");

	if (!file) {
		fd_close(fd);
		return -ENOMEM;
	}
	*ret = (struct roll){ .file = file, .has_digests = has_digests };
	roll_rewind(ret);
	return 0;
}

void roll_close(struct roll *r)
{
	if (r->file)
		fclose(r->file);
	r->file = NULL;
}

void roll_rewind(struct roll *r)
{
	rewind(r->file);
	r->last[0] = '\0';
	r->has_blobs = false;
}

/* --- reading --------------------------------------------------------------------------------- */

/* The next word of a line, which one space ends; SPAN_NONE where there is none. */
static struct span take_word(struct span *rest)
{
	struct span word;

	if (span_is_none(*rest))
		return SPAN_NONE;
	*rest = span_cut(*rest, ' ', &word);
	return word;
}

static bool take_number(struct span *rest, uint64_t *ret)
{
	struct span word = take_word(rest);

	/* One text for one number. */
	return !span_is_none(word) && span_to_u64(word, ret) &&
	       (word.len == 1 || span_bytes(word)[0] != '0') && *ret <= INT64_MAX;
}

static bool take_hex(struct span *rest, char *to, size_t size)
{
	struct span word = take_word(rest);

	if (word.len != size - 1 || !span_is_lower_hex(word))
		return false;
	memcpy(to, word.data, word.len);
	to[word.len] = '\0';
	return true;
}

static bool parse_bucket(struct span rest, struct roll_line *ret)
{
	struct span name = take_word(&rest);

	ret->kind = ROLL_BUCKET;
	if (span_is_none(name) || !bucket_name_is_valid(name) ||
	    name.len >= sizeof(ret->bucket.name))
		return false;
	memcpy(ret->bucket.name, name.data, name.len);
	ret->bucket.name[name.len] = '\0';
	return take_number(&rest, &ret->bucket.objects) && take_number(&rest, &ret->bucket.bytes) &&
	       take_number(&rest, &ret->bucket.uploads) &&
	       take_number(&rest, &ret->bucket.upload_bytes) && span_is_none(rest);
}

static bool parse_blob(struct span rest, bool has_digest, struct roll_line *ret)
{
	struct fingerprint *p = &ret->blob.print;

	ret->kind = ROLL_BLOB;
	return take_hex(&rest, ret->blob.id, sizeof(ret->blob.id)) &&
	       take_number(&rest, &p->length) && take_hex(&rest, p->crc64, sizeof(p->crc64)) &&
	       (!has_digest || take_hex(&rest, p->blake2b, sizeof(p->blake2b))) &&
	       span_is_none(rest);
}

static bool parse(struct roll *r, struct span line, struct roll_line *ret)
{
	struct span word = take_word(&line);

	*ret = (struct roll_line){ 0 };
	if (span_equal(word, SPAN("bucket")))
		return !r->has_blobs && parse_bucket(line, ret);
	if (!span_equal(word, SPAN("blob")) || !parse_blob(line, r->has_digests, ret) ||
	    strcmp(ret->blob.id, r->last) <= 0)
		return false;
	r->has_blobs = true;
	memcpy(r->last, ret->blob.id, sizeof(r->last));
	return true;
}

int roll_next(struct roll *r, struct roll_line *ret)
{
	char text[LINE_MAX_LEN];
	size_t len;

	if (!fgets(text, sizeof(text), r->file))
		return ferror(r->file) ? -EIO : 0;
	len = strlen(text);
	if (!len || text[len - 1] != '\n' || !parse(r, (struct span){ text, len - 1 }, ret))
		return -EBADMSG;
	return 1;
}

/* Sums stay within what numbers of a manifest can be. */
static bool add(uint64_t *to, uint64_t n)
{
	return !__builtin_add_overflow(*to, n, to) && *to <= INT64_MAX;
}

int roll_count(struct roll *r, struct manifest_counts *ret)
{
	struct manifest_counts c = { 0 };
	struct roll_line l;
	int k;

	while ((k = roll_next(r, &l)) == 1) {
		bool fits = l.kind == ROLL_BLOB
				    ? add(&c.blobs, 1) && add(&c.blob_bytes, l.blob.print.length)
				    : add(&c.buckets, 1) && add(&c.objects, l.bucket.objects) &&
					      add(&c.bytes, l.bucket.bytes) &&
					      add(&c.uploads, l.bucket.uploads) &&
					      add(&c.upload_bytes, l.bucket.upload_bytes);

		if (!fits)
			return -EBADMSG;
	}
	if (k == 0)
		*ret = c;
	return k;
}

/* --- writing --------------------------------------------------------------------------------- */

void roll_write(FILE *to, const struct roll_line *l)
{
	if (l->kind == ROLL_BUCKET)
		fprintf(to, "bucket %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			l->bucket.name, l->bucket.objects, l->bucket.bytes, l->bucket.uploads,
			l->bucket.upload_bytes);
	else
		fprintf(to, "blob %s %" PRIu64 " %s %s\n", l->blob.id, l->blob.print.length,
			l->blob.print.crc64, l->blob.print.blake2b);
}
