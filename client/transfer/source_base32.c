/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A flat directory whose files are called by the base32 of their keys (RFC 4648), with `_` for `=`.
 * That is written in capitals. A file system that knows no case may have made them small, which is
 * the same name, unless both are there.
 */

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/transfer/sourcefile.h"
#include "s3/encoding.h"

struct base32 {
	struct source source; /* first */
	DIR *directory;
};

static struct base32 *base32_of(struct source *s)
{
	return (struct base32 *)s;
}

static void base32_free(struct source *s)
{
	if (base32_of(s)->directory)
		closedir(base32_of(s)->directory);
	free(s);
}

/* The same name in capitals; false where the case is mixed, as nobody writes it. */
static bool capitalise(const char *name, char to[static NAME_MAX + 1])
{
	bool has_small = false, has_capital = false;
	size_t i;

	for (i = 0; name[i]; i++) {
		has_small |= islower((unsigned char)name[i]) != 0;
		has_capital |= isupper((unsigned char)name[i]) != 0;
		to[i] = (char)toupper((unsigned char)name[i]);
	}
	to[i] = '\0';
	return !(has_small && has_capital);
}

static bool decode(const char *capitals, uint8_t *to, size_t *ret_len)
{
	char text[NAME_MAX + 1];
	size_t i;

	for (i = 0; capitals[i]; i++) {
		if (capitals[i] == '=')
			return false;
		text[i] = capitals[i] == '_' ? '=' : capitals[i];
	}
	return base32_decode((struct span){ text, i }, to, ret_len);
}

/* Whether the name in capitals is another file's. */
static bool has_rival(const struct base32 *b, const char *name, const char *capitals,
		      const struct stat *st)
{
	struct stat other;

	if (strcmp(name, capitals) == 0 ||
	    fstatat(dirfd(b->directory), capitals, &other, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return other.st_dev != st->st_dev || other.st_ino != st->st_ino;
}

static const char *find_reason(const struct base32 *b, const char *name, const char *capitals,
			       bool is_sound, const struct stat *st)
{
	if (strcmp(name, SOURCEFILE_TOKENS) == 0 &&
	    sourcefile_has_tokens(dirfd(b->directory), name))
		return SOURCEFILE_TOKENS_REASON;
	if (!is_sound)
		return "its name is no base32 of a key; --exclude leaves it out";
	if (has_rival(b, name, capitals, st))
		return "the same name is there in capitals, too";
	return NULL;
}

static int look(struct base32 *b, const char *name, struct source_entry **ret)
{
	uint8_t key[BASE32_BYTES_MAX(NAME_MAX + 8)];
	char capitals[NAME_MAX + 1];
	struct source_entry *e;
	struct stat st;
	size_t len = 0;
	bool is_sound;

	if (fstatat(dirfd(b->directory), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	is_sound = capitalise(name, capitals) && decode(capitals, key, &len);
	e = source_entry_new(span_from_string(name),
			     is_sound ? (struct span){ key, len } : SPAN_NONE);
	if (!e)
		return -ENOMEM;
	sourcefile_describe(e, &st);
	if (!e->reason)
		e->reason = find_reason(b, name, capitals, is_sound, &st);
	if (!e->reason)
		source_entry_check(e);
	*ret = e;
	return 0;
}

static bool is_passed_over(struct source *s, const char *name)
{
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	if (!source_excludes(s, name))
		return false;
	s->n_excluded++;
	return true;
}

static int base32_next(struct source *s, struct source_entry **ret)
{
	struct base32 *b = base32_of(s);
	struct source_entry *e = NULL;
	struct dirent *d = NULL;
	int r = 0;

	do {
		errno = 0;
		d = readdir(b->directory);
		if (!d)
			break;
		if (!is_passed_over(s, d->d_name))
			r = look(b, d->d_name, &e);
	} while (r == 0 && !e);
	if (!d && errno)
		r = -errno;
	if (r < 0)
		return r;
	if (!e)
		return SOURCE_END;
	*ret = e;
	return SOURCE_ENTRY;
}

static int base32_open(struct source *s, const struct source_entry *e, struct source_reader *ret)
{
	return sourcefile_read(dirfd(base32_of(s)->directory), e, ret);
}

int source_new_base32(const char *path, struct source **ret, struct complaint *why)
{
	struct base32 *b = calloc(1, sizeof(*b));
	int fd = b ? sourcefile_open_root(path, why)
		   : complain_errno(why, -ENOMEM, "cannot read %s", path);

	if (fd < 0) {
		free(b);
		return fd;
	}
	b->source =
		(struct source){ .next = base32_next, .open = base32_open, .free = base32_free };
	b->directory = fdopendir(fd);
	if (!b->directory) {
		int r = complain_errno(why, -errno, "cannot read %s", path);

		fd_close(fd);
		base32_free(&b->source);
		return r;
	}
	*ret = &b->source;
	return 0;
}
