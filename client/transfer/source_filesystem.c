/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A plain tree: keys are the paths of its regular files, below what was named. It is walked with a
 * descriptor for each level, so that nobody can lead us out of it by exchanging a directory.
 */

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/fd.h"
#include "client/transfer/beneath.h"
#include "client/transfer/sourcefile.h"
#include "s3/request.h"

/* Every level but the last costs a key two bytes at least. */
#define LEVELS_MAX (S3_KEY_MAX / 2 + 1)

struct level {
	DIR *directory;
	size_t path_len; /* of the path to it, with the slash */
};

struct filesystem {
	struct source source; /* first */
	int root_fd;
	struct level levels[LEVELS_MAX];
	size_t n_levels;
	char path[S3_KEY_MAX + 1 + NAME_MAX + 1];
};

static struct filesystem *filesystem_of(struct source *s)
{
	return (struct filesystem *)s;
}

static void filesystem_free(struct source *s)
{
	struct filesystem *f = filesystem_of(s);

	while (f->n_levels)
		closedir(f->levels[--f->n_levels].directory);
	fd_close(f->root_fd);
	free(f);
}

static int enter(struct filesystem *f, int at, const char *name, size_t path_len)
{
	DIR *directory;
	int r;

	r = fd_open_directory(at, name, &directory);
	if (r < 0)
		return r;
	f->levels[f->n_levels++] = (struct level){ directory, path_len };
	return 0;
}

static void leave(struct filesystem *f)
{
	closedir(f->levels[--f->n_levels].directory);
}

/* A directory that cannot be gone into is an entry of its own: what is in it is missing. */
static const char *why_not(int r)
{
	switch (-r) {
	case EACCES:
		return "is a directory that may not be read";
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
		return "was exchanged for something else in this moment";
	case EMFILE:
	case ENAMETOOLONG:
		return "is a directory too deep to go into";
	default:
		return "is a directory that cannot be read";
	}
}

static int go_down(struct filesystem *f, const struct level *l, const char *name)
{
	size_t len = l->path_len + strlen(name);
	int r;

	if (len + 1 >= S3_KEY_MAX || f->n_levels == LEVELS_MAX)
		return -ENAMETOOLONG;
	r = enter(f, dirfd(l->directory), name, len + 1);
	/* Until then the path is that of the directory itself, for who tells why not. */
	if (r == 0)
		f->path[len] = '/';
	return r;
}

static struct source_entry *entry_at(struct filesystem *f, const struct stat *st)
{
	struct source_entry *e =
		source_entry_new(span_from_string(f->path), span_from_string(f->path));

	if (!e)
		return NULL;
	sourcefile_describe(e, st);
	if (!e->reason)
		source_entry_check(e);
	if (!e->reason && strcmp(f->path, SOURCEFILE_TOKENS) == 0 &&
	    sourcefile_has_tokens(f->root_fd, f->path))
		e->reason = SOURCEFILE_TOKENS_REASON;
	return e;
}

/* What is at a name: an entry in *ret, or a directory that was gone into, or nothing any more. */
static int look(struct filesystem *f, const char *name, struct source_entry **ret)
{
	const struct level *l = &f->levels[f->n_levels - 1];
	struct stat st;
	int r = 0;

	if (fstatat(dirfd(l->directory), name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode)) {
		r = go_down(f, l, name);
		if (r == 0)
			return 0;
	}
	*ret = entry_at(f, &st);
	if (!*ret)
		return -ENOMEM;
	if (r < 0)
		(*ret)->reason = why_not(r);
	return 0;
}

static bool is_dot(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int look_at(struct filesystem *f, const char *name, struct source_entry **ret)
{
	strcpy(f->path + f->levels[f->n_levels - 1].path_len, name);
	if (!source_excludes(&f->source, f->path))
		return look(f, name, ret);
	f->source.n_excluded++;
	return 0;
}

static int filesystem_next(struct source *s, struct source_entry **ret)
{
	struct filesystem *f = filesystem_of(s);
	struct source_entry *e = NULL;
	int r = 0;

	while (r == 0 && !e && f->n_levels) {
		struct dirent *d;

		errno = 0;
		d = readdir(f->levels[f->n_levels - 1].directory);
		if (d)
			r = is_dot(d->d_name) ? 0 : look_at(f, d->d_name, &e);
		else if (errno)
			r = -errno;
		else
			leave(f);
	}
	if (r < 0)
		return r;
	if (!e)
		return SOURCE_END;
	*ret = e;
	return SOURCE_ENTRY;
}

static int filesystem_open(struct source *s, const struct source_entry *e,
			   struct source_reader *ret)
{
	return sourcefile_read(filesystem_of(s)->root_fd, e, ret);
}

int source_new_filesystem(const char *path, struct source **ret, struct complaint *why)
{
	struct filesystem *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return complain_errno(why, -ENOMEM, "cannot read %s", path);
	f->source = (struct source){ .next = filesystem_next,
				     .open = filesystem_open,
				     .free = filesystem_free };
	f->root_fd = sourcefile_open_root(path, why);
	r = f->root_fd < 0 ? f->root_fd : enter(f, f->root_fd, ".", 0);
	if (r < 0) {
		if (f->root_fd >= 0)
			complain_errno(why, r, "cannot read %s", path);
		filesystem_free(&f->source);
		return r;
	}
	*ret = &f->source;
	return 0;
}
